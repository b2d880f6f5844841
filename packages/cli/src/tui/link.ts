import type { Connection, Returned } from './view.ts'

/** The connection as the status line tells of it: since when it is away, and what was missed when it came back. */
export class Link {
  connection: Connection = { state: 'connecting' }
  /** Since when the server cannot be reached, in milliseconds of `Date.now()`. */
  lostAt: number | undefined
  returned: Returned | undefined
  readonly #tick: () => void
  #ticker: NodeJS.Timeout | undefined

  /** @param tick called every second while a countdown is shown */
  constructor(tick: () => void) {
    this.#tick = tick
  }

  take(connection: Connection): void {
    // A long poll measures nothing while it hangs; the last measurement stays.
    const before = this.connection.state === 'live' ? this.connection.latencyMs : undefined
    if (connection.state === 'reconnecting') this.lostAt ??= Date.now()
    else if (connection.state === 'live' && this.lostAt !== undefined) {
      this.returned = { afterMs: Date.now() - this.lostAt, count: 0 }
      this.lostAt = undefined
    }
    this.connection =
      connection.state === 'live' && connection.latencyMs === undefined && before !== undefined
        ? { ...connection, latencyMs: before }
        : connection
    this.rest()
    if (connection.state === 'reconnecting') this.#ticker = setInterval(this.#tick, 1_000)
  }

  /** So many messages came. */
  came(count: number): void {
    if (this.returned) this.returned = { ...this.returned, count: this.returned.count + count }
  }

  /** Leaves no timer. */
  rest(): void {
    clearInterval(this.#ticker)
    this.#ticker = undefined
  }
}
