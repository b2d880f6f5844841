/** How exactly deadlines are met, in milliseconds: never early, less than two ticks late. */
const TICK_MS = 100

/** Waits ended in one turn of the event loop: who parked together, after one message, also ends together. */
const SLICE = 200

/**
 * Ends waits when their time is over. Invariant: one timer for all of them, and none while nobody waits. Waits that end
 * in the same tick share a set. The clock is monotonic: setting the wall clock ends no wait.
 */
export class Deadlines<Wait> {
  readonly #ticks = new Map<number, Set<Wait>>()
  readonly #end: (wait: Wait) => void
  #timer: NodeJS.Timeout | undefined
  #lastTick = 0

  constructor(end: (wait: Wait) => void) {
    this.#end = end
  }

  /** Returns the tick to remove the wait with. */
  add(wait: Wait, inMs: number): number {
    const tick = Math.ceil((performance.now() + inMs) / TICK_MS)
    const waits = this.#ticks.get(tick)
    if (waits) waits.add(wait)
    else this.#ticks.set(tick, new Set([wait]))
    if (!this.#timer) {
      this.#lastTick = tickNow()
      this.#timer = setInterval(() => this.#run(), TICK_MS)
    }
    return tick
  }

  remove(wait: Wait, tick: number): void {
    const waits = this.#ticks.get(tick)
    waits?.delete(wait)
    if (waits?.size === 0) this.#ticks.delete(tick)
    if (this.#ticks.size === 0) this.#stop()
  }

  #run(): void {
    const now = tickNow()
    for (let tick = this.#lastTick + 1; tick <= now; tick++) {
      const waits = this.#ticks.get(tick)
      if (waits) this.#endSlice(waits, tick)
    }
    this.#lastTick = now
  }

  /** A wait that is removed before its turn comes leaves the set like any other. */
  #endSlice(waits: Set<Wait>, tick: number): void {
    let left = SLICE
    for (const wait of waits) {
      if (left-- === 0) return void setImmediate(() => this.#endSlice(waits, tick))
      this.remove(wait, tick)
      this.#end(wait)
    }
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

function tickNow(): number {
  return Math.floor(performance.now() / TICK_MS)
}
