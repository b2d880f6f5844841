/** When to ask again, and what to say of it: the same for one room and for several. */
import { backoffMs, MAX_RETRY_AFTER_MS } from './backoff.ts'
import type { Passing } from './failures.ts'
import { reasonOf } from './failures.ts'
import type { Status } from './types.ts'

/** Resets within this time of one another are repeated ones, in milliseconds. More than the longest pause between two. */
const RESET_WINDOW_MS = 60_000

export type StatusEvent = { type: 'status'; status: Status }

export class Pace {
  #live = false
  #failures = 0
  #resets = 0
  #resetAt = Number.NEGATIVE_INFINITY

  /** The last request was answered. */
  get isLive(): boolean {
    return this.#live
  }

  failed(failure: Passing): { events: StatusEvent[]; pauseMs: number } {
    this.#live = false
    const attempt = ++this.#failures
    const pauseMs = backoffMs(attempt, failure.retryAfterMs)
    const status = { state: 'reconnecting', retryAt: Date.now() + pauseMs, attempt, reason: reasonOf(failure) } as const
    return { events: [{ type: 'status', status }], pauseMs }
  }

  /** What an answer says of the connection: how long it took, where the server did not let it wait. */
  answered(waited: boolean, tookMs: number): StatusEvent[] {
    this.#live = true
    return waited ? [] : [{ type: 'status', status: { state: 'live', latencyMs: Math.round(tookMs) } }]
  }

  /**
   * The way works. Not when only the question without a wait came through: a proxy that cuts every long poll would be
   * asked for ever at the pace of the first failure.
   */
  proven(): void {
    this.#failures = 0
  }

  /** The first reset is followed at once. Further ones soon after it are a log that flaps, and must not be a hot loop. */
  afterReset(): number {
    const now = performance.now()
    this.#resets = now - this.#resetAt < RESET_WINDOW_MS ? this.#resets + 1 : 0
    this.#resetAt = now
    return this.#resets === 0 ? 0 : backoffMs(this.#resets)
  }

  /**
   * A server that is full says when to come back. Nothing new, much earlier than asked: it is draining. Come back in about
   * a second.
   */
  afterAnswer(isNews: boolean, waitSeconds: number, tookMs: number, retryAfterMs?: number): number {
    if (retryAfterMs !== undefined) return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS)
    const early = !isNews && tookMs < (waitSeconds * 1_000) / 2
    return early ? 500 + Math.random() * 1_000 : 0
  }
}
