/** Arrivals within this time are shown together, in milliseconds; typing is shown at once. */
const COALESCE_MS = 40

/** The same while a flood comes in: nobody can read it, and keys need the time. */
const FLOOD_COALESCE_MS = 120
const FLOOD_PER_FRAME = 200

/** When to draw: at once, soon, or, while the terminal has not taken the last frame, when it has. */
export class Frames {
  readonly #draw: () => void
  readonly #isBusy: () => boolean
  #isFlooded = false
  #isHeldBack = false
  #arrivals = 0
  #soon: NodeJS.Timeout | undefined

  constructor(draw: () => void, isBusy: () => boolean) {
    this.#draw = draw
    this.#isBusy = isBusy
  }

  /** So many messages came in. */
  arrived(count: number): void {
    this.#arrivals += count
  }

  now(): void {
    clearTimeout(this.#soon)
    this.#soon = undefined
    this.#isFlooded = this.#arrivals > FLOOD_PER_FRAME
    this.#isHeldBack = this.#isBusy()
    if (this.#isHeldBack) return
    this.#arrivals = 0
    this.#draw()
  }

  soon(): void {
    this.#soon ??= setTimeout(() => this.now(), this.#isFlooded ? FLOOD_COALESCE_MS : COALESCE_MS)
  }

  /** The terminal has taken the last frame. */
  settled(): void {
    if (this.#isHeldBack) this.now()
  }

  /** Leaves no timer. */
  close(): void {
    clearTimeout(this.#soon)
  }
}
