/** Following several rooms by one request: a place in each, and one pace for all. */
import type { RoomNews, SyncAnswer } from '@poll-chat/protocol'
import { ChatError, DEFAULT_WAIT_SECONDS, MAX_BATCH, MAX_WAIT_SECONDS } from '@poll-chat/protocol'
import { knownProblem } from './answer.ts'
import { isPassing } from './failures.ts'
import { missed } from './follower.ts'
import { Pace } from './pace.ts'
import { pause } from './pause.ts'
import { Place } from './place.ts'
import type { SyncAsk } from './read.ts'
import { isCursor } from './shapes.ts'
import type { FollowRoomsOptions, RoomsFollow } from './types.ts'

/** Ends as `follow` does; also when there is no room left that may be read. */
export async function* followRooms(
  sync: (ask: SyncAsk) => Promise<SyncAnswer>,
  options: FollowRoomsOptions,
): AsyncGenerator<RoomsFollow, void, undefined> {
  const { signal = new AbortController().signal } = options
  const longest = Math.min(Math.max(options.waitSeconds ?? DEFAULT_WAIT_SECONDS, 1), MAX_WAIT_SECONDS)
  const rooms = new Map(Array.from(options.rooms, ([room, cursor]) => [room, new Place(cursor)]))
  const pace = new Pace()
  let seen = options.ephemeral ? '1' : undefined
  while (!signal.aborted && rooms.size > 0) {
    const waitSeconds = pace.isLive ? longest : 0
    const askedAt = performance.now()
    let events: RoomsFollow[]
    let pauseMs: number
    try {
      const cursors = new Map(Array.from(rooms, ([room, { cursor }]) => [room, cursor]))
      const answer = await sync({ rooms: cursors, limit: MAX_BATCH, waitSeconds, ephemeral: seen, signal })
      const tookMs = performance.now() - askedAt
      const news = answer.rooms.flatMap((one) => take(rooms, one))
      goOn(rooms, answer.next)
      seen = answer.ephemeral ?? seen
      events = [...pace.answered(waitSeconds > 0, tookMs), ...news]
      if (waitSeconds > 0 || news.length > 0) pace.proven()
      pauseMs = news.some(({ type }) => type === 'reset')
        ? pace.afterReset()
        : pace.afterAnswer(news.length > 0, waitSeconds, tookMs, answer.retry_after_ms)
    } catch (error) {
      if (signal.aborted) return
      if (!isPassing(error)) throw error
      ;({ events, pauseMs } = pace.failed(error))
    }
    for (const event of events) {
      if (signal.aborted) return
      yield event
    }
    await pause(pauseMs, signal)
  }
}

/** What is new in a room; its place then stands after it. */
function take(rooms: Map<string, Place>, news: RoomNews): RoomsFollow[] {
  const { room } = news
  const place = rooms.get(room)
  if (!place) return []
  if ('batch' in news) {
    const events: RoomsFollow[] = place.misses(news.batch) ? [{ room, ...missed(news.batch) }] : []
    const messages = place.take(news.batch)
    const { next, presence } = news.batch
    if (messages.length > 0) events.push({ type: 'batch', room, batch: { messages, next } })
    return presence ? [...events, { type: 'presence', room, presence }] : events
  }
  if ('reset' in news) {
    place.reset(news.reset.oldest)
    return [{ type: 'reset', room, ...news.reset }]
  }
  rooms.delete(room)
  const error = knownProblem(news.problem) ?? new ChatError('bad-request', news.problem.detail)
  return [{ type: 'refused', room, error }]
}

/** The places of all, as the server has them: also of those that began at their head, or without a check. */
function goOn(rooms: Map<string, Place>, next: string): void {
  for (const place of next.split(',')) {
    const [room = '', cursor] = place.split('@')
    if (isCursor(cursor)) rooms.get(room)?.take({ messages: [], next: cursor })
  }
}
