/**
 * Whether what a stream's leader says may be taken as it is. A leader of NATS 2.9 that was cut off from the others, and
 * reaches them again, can for a moment acknowledge and republish what the others never had: it has learnt of the new
 * term, and takes their answers to its successor for answers to itself. Before that it was silent for as long as the
 * others took to elect its successor, 4 s at least. So whatever comes after a silence is only taken when, a moment
 * later, the stream's leader has it.
 */
import { setTimeout as pause } from 'node:timers/promises'

/** What comes within this time of the last that was sure is sure too, in milliseconds: less than an election takes. */
const SILENCE_MS = 3_000

/** How long a leader that has been replaced may not know it yet, in milliseconds, once it hears of the others. */
const SETTLE_MS = 50

export class Trust {
  readonly #isCluster: boolean
  #sureAt = Number.NEGATIVE_INFINITY
  #newest = 0

  constructor(isCluster: boolean) {
    this.#isCluster = isCluster
  }

  get isSure(): boolean {
    return !this.#isCluster || performance.now() - this.#sureAt <= SILENCE_MS
  }

  /** Something was acknowledged; whether that is sure. */
  acknowledged(): boolean {
    const isSure = this.isSure
    if (isSure) this.#sureAt = performance.now()
    return isSure
  }

  /** A message was republished; whether it is sure. A leader republishes in the order of the stream. */
  republished(seq: number): boolean {
    const isNext = seq > this.#newest
    this.#newest = Math.max(this.#newest, seq)
    return (isNext || !this.#isCluster) && this.acknowledged()
  }

  /** Resolves when a leader that answers is the one that the others follow. */
  async settle(): Promise<void> {
    if (!this.isSure) await pause(SETTLE_MS)
  }

  /** Something new was read from a leader that had settled: of a stream, up to this index. */
  confirm(newest = this.#newest): void {
    this.#sureAt = performance.now()
    this.#newest = newest
  }
}
