/** What a follower asks next, and what it makes of the outcome. It decides; `follow.ts` asks, yields and pauses. */
import type { Batch, CursorReset } from '@poll-chat/protocol'
import { DEFAULT_WAIT_SECONDS, MAX_BATCH, MAX_WAIT_SECONDS } from '@poll-chat/protocol'
import { backoffMs } from './backoff.ts'
import type { Passing } from './failures.ts'
import { reasonOf } from './failures.ts'
import { Place } from './place.ts'
import type { Follow, FollowOptions } from './types.ts'

/** Pause between two polls, in milliseconds. */
export const INTERVAL_MS = 1_000

/** Resets within this time of one another are repeated ones, in milliseconds. More than the longest pause between two. */
const RESET_WINDOW_MS = 60_000

export type FollowAsk = { inbox: boolean; cursor: string | undefined; waitSeconds: number | undefined }

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
  #inbox: boolean
  #live = false
  #failures = 0
  #resets = 0
  #resetAt = Number.NEGATIVE_INFINITY

  constructor({
    mode,
    after,
    inbox = false,
    intervalMs = INTERVAL_MS,
    waitSeconds = DEFAULT_WAIT_SECONDS,
  }: FollowOptions) {
    this.#intervalMs = mode === 'poll' ? intervalMs : undefined
    // At least a second: a long poll that does not wait is a hot loop.
    this.#waitSeconds = Math.min(Math.max(waitSeconds, 1), MAX_WAIT_SECONDS)
    this.#place = new Place(after ?? (inbox ? undefined : '0'))
    this.#inbox = inbox
  }

  /** Until the server has answered, nothing is waited for: a reconnection shows at once, and can be measured. */
  ask(): FollowAsk {
    const waitSeconds = this.#intervalMs !== undefined ? undefined : this.#live ? this.#waitSeconds : 0
    return { inbox: this.#inbox, cursor: this.#place.cursor, waitSeconds }
  }

  /** @param tookMs how long the request took */
  decide(ask: FollowAsk, outcome: Outcome, tookMs: number): Decision {
    if (outcome.type === 'failure') return this.#failed(outcome.failure)
    const waited = ask.waitSeconds !== undefined && ask.waitSeconds > 0
    const events: Follow[] = waited
      ? []
      : [{ type: 'status', status: { state: 'live', latencyMs: Math.round(tookMs) } }]
    this.#live = true
    if (outcome.type === 'reset') return this.#startedOver(outcome.reset, events)
    return this.#answered(outcome.batch, ask, tookMs, events)
  }

  #failed(failure: Passing): Decision {
    this.#live = false
    const attempt = ++this.#failures
    const pauseMs = backoffMs(attempt, failure.retryAfterMs)
    const status = { state: 'reconnecting', retryAt: Date.now() + pauseMs, attempt, reason: reasonOf(failure) } as const
    return { events: [{ type: 'status', status }], pauseMs }
  }

  /** The first reset is followed at once. Further ones soon after it are a log that flaps, and must not be a hot loop. */
  #startedOver({ reason, oldest, newest }: CursorReset, events: Follow[]): Decision {
    const now = performance.now()
    this.#resets = now - this.#resetAt < RESET_WINDOW_MS ? this.#resets + 1 : 0
    this.#resetAt = now
    this.#place.reset(oldest)
    events.push({ type: 'reset', reason, oldest, newest })
    return { events, pauseMs: this.#resets === 0 ? 0 : backoffMs(this.#resets) }
  }

  #answered(batch: Batch, ask: FollowAsk, tookMs: number, events: Follow[]): Decision {
    const messages = this.#place.take(batch)
    if (messages.length > 0) events.push({ type: 'batch', batch: { messages, next: batch.next } })

    // Not when only the question without a wait came through: a proxy that cuts every long poll would be asked for ever
    // at the pace of the first failure.
    if (ask.waitSeconds !== 0 || messages.length > 0) this.#failures = 0

    // Two followers that both poll again would supersede one another for ever. The other keeps the inbox.
    if (batch.superseded && ask.inbox) {
      this.#inbox = false
      return { events, pauseMs: 0 }
    }
    return { events, pauseMs: this.#pauseAfter(batch, messages.length, ask, tookMs) }
  }

  #pauseAfter(batch: Batch, fresh: number, { waitSeconds = 0 }: FollowAsk, tookMs: number): number {
    if (this.#intervalMs !== undefined) return fresh > 0 && batch.messages.length >= MAX_BATCH ? 0 : this.#intervalMs
    // Nothing new, much earlier than asked: the server is draining, or full. Come back in about a second.
    const early = fresh === 0 && tookMs < (waitSeconds * 1_000) / 2
    return early ? 500 + Math.random() * 1_000 : 0
  }
}
