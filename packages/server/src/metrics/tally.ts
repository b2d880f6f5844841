/** What has happened in one thread since it began: plain numbers, counted where it happens and read when somebody asks. */
import type { ErrorCode, RateName, ResetReason } from '@poll-chat/protocol'

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const WRITES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]

/** How often something was how much. `counts` has one more than `bounds`: what is above all of them. */
export class Distribution {
  readonly bounds: readonly number[]
  readonly counts: number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  add(value: number, times = 1): void {
    const found = this.bounds.findIndex((bound) => value <= bound)
    const place = found === -1 ? this.bounds.length : found
    this.counts[place] = (this.counts[place] ?? 0) + times
    this.sum += value * times
  }
}

export class Tally {
  /** Questions to the hub: polls, and the steps of streams. */
  reads = 0
  /** Of these, those that were answered at once because there are too many waiters. */
  shed = 0
  wakes = 0
  /** From a message's announcement to the answer of each who waited for it, in seconds. */
  readonly deliverLag = new Distribution(SECONDS)
  sends = 0
  /** Sends of a message that was there already. */
  duplicates = 0
  readonly resets: Record<ResetReason, number> = { ahead: 0, trimmed: 0, diverged: 0 }
  readonly problems = new Map<ErrorCode, number>()
  readonly rateLimited = new Map<RateName, number>()
  refusedConnections = 0
  /** Readers cut off because too much is kept for those who take nothing. */
  cutReaders = 0
  /** What the engine could not do. */
  engineErrors = 0
  /** How long it took to make a group of writes durable, in seconds. */
  readonly commits = new Distribution(SECONDS)
  /** Writes that were made durable together. */
  readonly groups = new Distribution(WRITES)

  commit(seconds: number, writes: number): void {
    this.commits.add(seconds)
    this.groups.add(writes)
  }
}

export function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
