/** How exactly deadlines are met, in milliseconds: never early, less than two ticks late. */
const TICK_MS = 100

/** No time. With ticks, of which a process has enough for years, all times are small integers: nothing is allocated for one. */
export const NEVER = 2 ** 31 - 1

/** Waits ended in one turn of the event loop: who parked together, after one message, also ends together. */
const SLICE = 200

/** To find that an alarm is early costs so much of what it costs to end a wait. */
const EARLY = 1 / 50

/** Something that ends at a time. Both fields are the deadlines' own. */
export interface Timed {
  /** The tick in which its time is over, or `NEVER`. */
  dueAt: number
  /** The tick in which it is looked at, when it may turn out to be early; 0 when it is not looked at. */
  alarm: number
}

/** A time after which a function runs. */
export class Alarm implements Timed {
  dueAt = NEVER
  alarm = 0
  readonly run: () => void

  constructor(run: () => void) {
    this.run = run
  }
}

/**
 * Ends waits when their time is over. Invariant: one timer for all of them, set for the next one that is looked at, so that
 * nothing runs while all wait. Who polls again and again moves its deadline each time; the alarm stays where it is and
 * finds out when it is early, so that a poll costs two assignments here and no set is changed. The clock is monotonic:
 * setting the wall clock ends no wait.
 */
export class Deadlines<Wait extends Timed> {
  readonly #ticks = new Map<number, Set<Wait>>()
  readonly #end: (wait: Wait) => void
  readonly #slice: number
  #timer: NodeJS.Timeout | undefined
  #timerTick = Number.POSITIVE_INFINITY

  /** `slice`: how many end in one turn of the event loop. */
  constructor(end: (wait: Wait) => void, slice = SLICE) {
    this.#end = end
    this.#slice = slice
  }

  /** Sets the deadline, or moves it. */
  set(wait: Wait, inMs: number): void {
    wait.dueAt = Math.ceil((performance.now() + inMs) / TICK_MS)
    if (wait.alarm !== 0 && wait.alarm <= wait.dueAt) return
    this.remove(wait)
    this.#lookAt(wait, wait.dueAt)
  }

  /** It ends at no time for now. It is still looked at once; what will not be set again is to be removed. */
  clear(wait: Wait): void {
    wait.dueAt = NEVER
  }

  /** Keeps nothing of it. */
  remove(wait: Wait): void {
    const waits = this.#ticks.get(wait.alarm)
    waits?.delete(wait)
    if (waits?.size === 0) this.#ticks.delete(wait.alarm)
    if (this.#ticks.size === 0) this.#stop()
    wait.alarm = 0
  }

  #lookAt(wait: Wait, tick: number): void {
    const waits = this.#ticks.get(tick)
    if (waits) waits.add(wait)
    else this.#ticks.set(tick, new Set([wait]))
    wait.alarm = tick
    if (tick < this.#timerTick) this.#runAt(tick)
  }

  #runAt(tick: number): void {
    this.#stop()
    this.#timerTick = tick
    this.#timer = setTimeout(() => this.#run(), Math.max(tick * TICK_MS - performance.now(), 0) + 1)
  }

  #run(): void {
    this.#stop()
    const now = tickNow()
    const due = [...this.#ticks].filter(([tick]) => tick <= now)
    for (const [, waits] of due) this.#endSlice(waits)
    const next = Math.min(...[...this.#ticks.keys()].filter((tick) => tick > now))
    if (next < this.#timerTick) this.#runAt(next)
  }

  /** A wait that is removed before its turn comes leaves the set like any other. */
  #endSlice(waits: Set<Wait>): void {
    let left = this.#slice
    for (const wait of waits) {
      if (left <= 0) return void setImmediate(() => this.#endSlice(waits))
      this.remove(wait)
      const isDue = wait.dueAt <= tickNow()
      left -= isDue ? 1 : EARLY
      if (isDue) this.#end(wait)
      else if (wait.dueAt !== NEVER) this.#lookAt(wait, wait.dueAt)
    }
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#timerTick = Number.POSITIVE_INFINITY
  }
}

function tickNow(): number {
  return Math.floor(performance.now() / TICK_MS)
}
