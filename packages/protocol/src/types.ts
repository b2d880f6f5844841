/** Who sent a message. `verified` is true when the server has proof that the uid is the sender's own. */
export type Sender = { uid: string; verified: boolean }

/**
 * One line of a room's log. Immutable, but for its text, which the operator may delete.
 * `index` grows strictly within its room (it may have gaps; never compute with it). `id` was chosen by the sender and
 * makes sending idempotent. `at` is ISO 8601 in UTC, for display only: the order is the index. `deleted`: the operator has
 * deleted it; its text is then empty, as that of no other message is, and everything else is as it was.
 */
export type Message = {
  index: number
  id: string
  room: string
  from: Sender
  text: string
  at: string
  deleted?: true
}

/**
 * What every way of reading answers with: messages in index order, and the cursor to go on from.
 * `prev` is on pages of history that have something before them: the cursor to ask for with `before`.
 * `superseded` is on the answer of an inbox poll that ended because a newer poll on the same inbox arrived.
 * `retry_after_ms` is on the answer of a poll that wanted to wait and could not, since too many wait: ask again then.
 * `presence` is there for those who asked for it, when it is news.
 * `trimmed` is on what was read after `0`, and on the oldest page of history, when older messages were there and are no longer kept.
 */
export type Batch = {
  messages: readonly Message[]
  next: string
  prev?: string
  superseded?: true
  retry_after_ms?: number
  presence?: PresenceNews
  trimmed?: true
}

/** Somebody in a room. `verified` as in `Sender`. */
export type Person = { uid: string; verified: boolean }

/**
 * Who is in a room, for those who ask for it. `version` is what to ask with next. `typing` is always whole (10 at most).
 * `here` is the whole list; where that is not said, `came` and `left` are what has changed since the version asked
 * with. Above 200 people there is only their number.
 */
export type PresenceNews = {
  version: string
  count: number
  typing: readonly string[]
  here?: readonly Person[]
  came?: readonly Person[]
  left?: readonly string[]
  deleted?: readonly number[]
}

/** The answer to a send: the message as stored, and the cursor that stands just after it. */
export type Sent = { message: Message; next: string }

/** One row of the list of rooms. `newest` is the cursor of its head. */
export type RoomSummary = { room: string; newest: string; at: string }

/** What the operator of a server is told of a uid. */
export type UidSummary = { uid: string; claimed: boolean; banned: boolean }

/** What a server says about itself. Times are in seconds, sizes in bytes of UTF-8. */
export type ServerInfo = {
  name: 'poll-chat'
  version: string
  api: 1
  auth: 'none' | 'key'
  limits: {
    text_bytes: number
    name_characters: number
    batch_default: number
    batch_max: number
    wait_default_s: number
    wait_max_s: number
  }
}

/** Why a log cannot honour a cursor: it is after the head, before the oldest message kept, or of another history. */
export type ResetReason = 'ahead' | 'trimmed' | 'diverged'

/** What is said of a cursor that cannot be honoured: why, and the two places to go on from. */
export type Reset = { reason: ResetReason; oldest: string; newest: string }

/**
 * What there is to say of one room of a sync: news, a cursor that cannot be honoured, or that it may not be read. `key`: the
 * number of the key that was shown for it, from 1, where it is private.
 */
export type RoomNews = { room: string; key?: number } & ({ batch: Batch } | { reset: Reset } | { problem: Problem })

/**
 * The answer to a sync: the rooms that have news, and the `after` to ask with next, for all rooms; and the `ephemeral`,
 * where presence was asked for.
 */
export type SyncAnswer = { rooms: readonly RoomNews[]; next: string; ephemeral?: string; retry_after_ms?: number }

/**
 * Messages that were found, newest first. `next`: ask with `before=` that for what is older, as long as it is there. `behind`: how
 * many messages may be missing because they are not indexed yet.
 */
export type SearchAnswer = { messages: readonly Message[]; next?: string; behind?: number }

/** An error on the wire, `application/problem+json` (RFC 9457). The last three come with code `cursor-reset`. */
export type Problem = {
  type: string
  title: string
  status: number
  code: string
  detail: string
  retry_after_ms?: number
  reason?: ResetReason
  oldest?: string
  newest?: string
}

/** Why the server ends a stream: its time is over, the server shuts down, or it has too many readers. */
export type EndReason = 'rotate' | 'drain' | 'full'

/**
 * What a stream says, in this order: `ready` with the place that it starts from, then whatever comes. After a `reset` it
 * goes on from `oldest`. Over SSE these are the events, over WebSocket the frames, there with their `type`.
 */
export type StreamEvent =
  | { type: 'ready'; after: string; heartbeat_s: number }
  | ({ type: 'batch' } & Batch)
  | ({ type: 'reset' } & Reset)
  | ({ type: 'presence' } & PresenceNews)
  | { type: 'heartbeat' }
  | { type: 'end'; reason: EndReason }
