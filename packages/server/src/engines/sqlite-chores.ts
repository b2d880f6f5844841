/**
 * What the log's thread does in the background: in slices, each a transaction of some milliseconds. Appends go first, and
 * nothing is written while a backup makes a step. Nobody waits for the disk either: what a power cut takes of it is done again.
 */
import type { DatabaseSync } from 'node:sqlite'

export type Chore = {
  /** How long others have the database between two slices, in milliseconds. */
  pauseMs: number
  /** For how long it does nothing yet although it might, in milliseconds. */
  waitMs?(): number
  /** Does some of it, in a transaction. True when there is more to do. */
  slice(): boolean
  /** Called after a slice. */
  done?(isMore: boolean): void
}

type Timer = { dueAt: number; timeout: NodeJS.Timeout }

export class Chores {
  readonly #database: DatabaseSync
  readonly #isFree: () => boolean
  readonly #timers = new Map<Chore, Timer>()

  /** `isFree`: whether a transaction may be made that nobody waits for. */
  constructor(database: DatabaseSync, isFree: () => boolean) {
    this.#database = database
    this.#isFree = isFree
  }

  /** Begins a chore after a time, in milliseconds, or before if it would begin then, and goes on until nothing is left to do. */
  begin(chore: Chore, afterMs: number): void {
    const dueAt = performance.now() + afterMs
    const planned = this.#timers.get(chore)
    if (planned && planned.dueAt <= dueAt) return
    clearTimeout(planned?.timeout)
    const timeout = setTimeout(() => {
      this.#timers.delete(chore)
      const waitMs = chore.waitMs?.() ?? 0
      if (waitMs > 0) this.begin(chore, waitMs)
      else if (!this.#isFree() || this.slice(chore)) this.begin(chore, chore.pauseMs)
    }, afterMs)
    this.#timers.set(chore, { dueAt, timeout })
  }

  /** Does a slice at once. False when nothing is left to do, or nothing can be done now: on a full disk. */
  slice(chore: Chore): boolean {
    this.#database.exec('PRAGMA synchronous = NORMAL')
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      const isMore = chore.slice()
      this.#database.exec('COMMIT')
      chore.done?.(isMore)
      return isMore
    } catch {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      return false // whoever began it begins it again when there is something new
    } finally {
      this.#database.exec('PRAGMA synchronous = FULL')
    }
  }

  end(): void {
    for (const { timeout } of this.#timers.values()) clearTimeout(timeout)
    this.#timers.clear()
  }
}
