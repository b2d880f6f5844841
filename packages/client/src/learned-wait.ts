/**
 * The longest wait that survives what lies between. It only shrinks, and only when the server was there right after a
 * waiting request was cut: a server that is restarted cuts requests too, after any time.
 */

/** Waits to choose from, in seconds. */
const WAITS = [50, 25, 20, 15, 10, 5, 4, 3, 2] as const

/** Cuts after times that differ by less than this share are made by the same thing. */
const ALIKE = 0.2

export class LearnedWait {
  #seconds: number
  #lastCutMs: number | undefined

  constructor(seconds = Number.POSITIVE_INFINITY) {
    this.#seconds = seconds
  }

  /** In seconds; 0 when not even the shortest survives. */
  get seconds(): number {
    return this.#seconds
  }

  /** A request that was to wait so long survived. */
  survived(): void {
    this.#lastCutMs = undefined
  }

  /**
   * One was cut after a time although the server is there. `wasSilent`: not cut but never answered, which no restart
   * explains. Returns whether something was learned.
   */
  wasCut(askedSeconds: number, afterMs: number, wasSilent: boolean): boolean {
    const before = this.#lastCutMs
    this.#lastCutMs = afterMs
    if (wasSilent) return this.#shrinkTo(askedSeconds / 2)
    if (before === undefined || Math.abs(before - afterMs) > ALIKE * Math.max(before, afterMs)) return false
    return this.#shrinkTo((Math.min(before, afterMs) / 1_000) * 0.9)
  }

  #shrinkTo(limit: number): boolean {
    this.#lastCutMs = undefined
    this.#seconds = WAITS.find((seconds) => seconds <= limit) ?? 0
    return true
  }
}
