/**
 * Following a room on one open answer: what SSE and WebSocket have in common. It is the loop that a polling client has,
 * run here: `hub.next` again and again. Invariant: nothing is queued. The next batch is read from the log when the last
 * one has gone out, so that a slow reader costs one batch, however much it missed.
 */
import {
  type Batch,
  type Cursor,
  CursorReset,
  type EndReason,
  formatCursor,
  MAX_STREAM_MINUTES,
  type PresenceNews,
  parseCursor,
  type Reset,
  START,
} from '@poll-chat/protocol'
import type { Hub } from '../hub/hub.ts'
import type { Tally } from '../metrics/tally.ts'
import type { Presence } from '../presence/presence.ts'
import { type Watched, withPresence } from './attendance.ts'

export type Step =
  | { type: 'ready'; after: string }
  | { type: 'batch'; batch: Batch }
  | { type: 'reset'; reset: CursorReset }
  | { type: 'presence'; news: PresenceNews }
  | { type: 'heartbeat' }
  | { type: 'end'; reason: EndReason }

export type StreamOptions = {
  room: string
  after: Cursor
  limit: number
  heartbeatSeconds: number
  /** Ends it at once, also while it waits. */
  signal: AbortSignal
  /** Whose wait it counts as. */
  address: string
  /** Who is here, where it is asked for: since which version. */
  seen: string | undefined
  presence: Presence
  tally: Tally
  /** As whom the reader is seen. */
  uid: string | undefined
  /** Called about once a heartbeat, also when there is no silence, and when somebody has left under the same name. */
  stillHere(): void | Promise<void>
}

/** How soon a reader is seen again after another of the same name has left. */
const COME_BACK_SECONDS = 1

/** Takes a step when it is asked for one. @throws ChatError when the log cannot be read; before `ready`, if it cannot at first */
export async function* stream(hub: Hub, options: StreamOptions): AsyncGenerator<Step, undefined> {
  const { room, after, limit, heartbeatSeconds, signal, address, presence, tally, uid, stillHere } = options
  const endsAt = performance.now() + MAX_STREAM_MINUTES * 60_000 * (0.5 + Math.random() / 2)
  let place = after
  let seen = options.seen
  let seenAt = performance.now()
  let waitSeconds = 0 // the first time: whether it can go on from there is known at once
  while (!signal.aborted) {
    const asked = { limit, waitSeconds, signal, address }
    const next = await nextOf(hub, room, place, asked, { presence, room, seen, signal })
    if (performance.now() - seenAt > heartbeatSeconds * 900) {
      seenAt = performance.now()
      await stillHere()
    }
    if (signal.aborted) return undefined
    const isFirst = waitSeconds === 0
    let hasLeft = false
    if (next instanceof CursorReset) {
      tally.resets[next.reason]++
      place = parseCursor(next.oldest) ?? START
      if (isFirst) yield { type: 'ready', after: next.oldest }
      yield { type: 'reset', reset: next }
    } else {
      const { batch, news, early } = next
      const isNews = batch.messages.length > 0
      if (isFirst) yield { type: 'ready', after: isNews ? formatCursor(place) : batch.next }
      place = parseCursor(batch.next) ?? place // it knows the check, which a bare index has not
      if (isNews) yield { type: 'batch', batch }
      if (news) yield { type: 'presence', news }
      seen = news?.version ?? seen
      hasLeft = uid !== undefined && news?.left?.includes(uid) === true
      const isSilent = !isNews && !news && !hub.draining
      if (isSilent && early) return void (yield { type: 'end', reason: 'full' })
      if (isSilent && waitSeconds === heartbeatSeconds) yield { type: 'heartbeat' }
    }
    if (hub.draining) return void (yield { type: 'end', reason: 'drain' })
    if (performance.now() >= endsAt) return void (yield { type: 'end', reason: 'rotate' })
    waitSeconds = heartbeatSeconds
    if (hasLeft) {
      // It may be this one that has left, and is not closed yet.
      waitSeconds = COME_BACK_SECONDS
      seenAt = Number.NEGATIVE_INFINITY
    }
  }
  return undefined
}

/** What is said of a reset where it is no answer of its own. */
export function resetOf({ reason, oldest, newest }: CursorReset): Reset {
  return { reason, oldest, newest }
}

type Asked = { limit: number; waitSeconds: number; signal: AbortSignal; address: string }

type Next = { batch: Batch; news: PresenceNews | undefined; early: boolean }

/** `early`: it came back with nothing long before its time, as when there are too many waiters. */
async function nextOf(
  hub: Hub,
  room: string,
  place: Cursor,
  asked: Asked,
  watched: Watched,
): Promise<Next | CursorReset> {
  const askedAt = performance.now()
  try {
    const { batch, news } = await withPresence(watched, (signal) => hub.next(room, place, { ...asked, signal }))
    return { batch, news, early: performance.now() - askedAt < (asked.waitSeconds * 1000) / 2 }
  } catch (error) {
    if (error instanceof CursorReset) return error
    throw error
  }
}
