/** What a follower asks next, and what it makes of the outcome. It decides; `follow.ts` asks, yields and pauses. */
import type { Batch, CursorReset, Reset } from '@poll-chat/protocol'
import { DEFAULT_WAIT_SECONDS, MAX_BATCH, MAX_WAIT_SECONDS } from '@poll-chat/protocol'
import type { Passing } from './failures.ts'
import { Pace } from './pace.ts'
import { Place } from './place.ts'
import type { Follow, FollowOptions } from './types.ts'

/** Pause between two polls, in milliseconds. */
export const INTERVAL_MS = 1_000

/** `ephemeral`: the version of what is known of who is there, where that is asked for. */
export type FollowAsk = {
  inbox: boolean
  cursor: string | undefined
  waitSeconds: number | undefined
  ephemeral?: string
}

/** How a request ended, when asking again can help. */
export type Outcome =
  | { type: 'answer'; batch: Batch }
  | { type: 'reset'; reset: CursorReset }
  | { type: 'failure'; failure: Passing }

export type Decision = { events: Follow[]; pauseMs: number }

export class Follower {
  readonly #intervalMs: number | undefined
  readonly #waitSeconds: number
  readonly #place: Place
  readonly #pace = new Pace()
  #inbox: boolean
  #seen: string | undefined

  constructor({
    mode,
    after,
    shown,
    inbox = false,
    ephemeral = false,
    intervalMs = INTERVAL_MS,
    waitSeconds = DEFAULT_WAIT_SECONDS,
  }: FollowOptions) {
    this.#intervalMs = mode === 'poll' ? intervalMs : undefined
    // At least a second: a long poll that does not wait is a hot loop.
    this.#waitSeconds = Math.min(Math.max(waitSeconds, 1), MAX_WAIT_SECONDS)
    this.#place = new Place(after ?? (inbox ? undefined : '0'), shown)
    this.#inbox = inbox
    this.#seen = ephemeral ? '1' : undefined
  }

  /** Until the server has answered, nothing is waited for: a reconnection shows at once, and can be measured. */
  ask(): FollowAsk {
    const waitSeconds = this.#intervalMs !== undefined ? undefined : this.#pace.isLive ? this.#waitSeconds : 0
    const ask = { inbox: this.#inbox, cursor: this.#place.cursor, waitSeconds }
    return this.#seen === undefined ? ask : { ...ask, ephemeral: this.#seen }
  }

  /** @param tookMs how long the request took */
  decide(ask: FollowAsk, outcome: Outcome, tookMs: number): Decision {
    if (outcome.type === 'failure') return this.#pace.failed(outcome.failure)
    const waited = ask.waitSeconds !== undefined && ask.waitSeconds > 0
    const events: Follow[] = this.#pace.answered(waited, tookMs)
    if (outcome.type === 'reset') return this.#startedOver(outcome.reset, events)
    return this.#answered(outcome.batch, ask, tookMs, events)
  }

  #startedOver({ reason, oldest, newest }: CursorReset, events: Follow[]): Decision {
    this.#place.reset(oldest)
    events.push({ type: 'reset', reason, oldest, newest })
    return { events, pauseMs: this.#pace.afterReset() }
  }

  #answered(batch: Batch, ask: FollowAsk, tookMs: number, events: Follow[]): Decision {
    if (this.#place.misses(batch)) events.push(missed(batch))
    const messages = this.#place.take(batch)
    if (messages.length > 0) events.push({ type: 'batch', batch: { messages, next: batch.next } })

    if (batch.presence && this.#seen !== undefined) {
      this.#seen = batch.presence.version
      events.push({ type: 'presence', presence: batch.presence })
    }
    if (ask.waitSeconds !== 0 || messages.length > 0) this.#pace.proven()

    // Two followers that both poll again would supersede one another for ever. The other keeps the inbox.
    if (batch.superseded && ask.inbox) {
      this.#inbox = false
      return { events, pauseMs: 0 }
    }
    return { events, pauseMs: this.#pauseAfter(batch, messages.length, ask, tookMs) }
  }

  #pauseAfter(batch: Batch, fresh: number, { waitSeconds = 0 }: FollowAsk, tookMs: number): number {
    if (this.#intervalMs !== undefined) return fresh > 0 && batch.messages.length >= MAX_BATCH ? 0 : this.#intervalMs
    const isNews = fresh > 0 || batch.presence !== undefined
    return this.#pace.afterAnswer(isNews, waitSeconds, tookMs, batch.retry_after_ms)
  }
}

/** From the beginning of the room to what is kept of it: an empty place has no check, so no cursor is refused. */
export function missed({ next }: Batch): Reset & { type: 'reset' } {
  return { type: 'reset', reason: 'trimmed', oldest: '0', newest: next }
}
