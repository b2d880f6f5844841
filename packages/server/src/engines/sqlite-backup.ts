/**
 * Copies of the database while it is in use, by SQLite's online backup (https://www.sqlite.org/backup.html). In steps, so
 * that appends are not held up; what they write meanwhile goes into the copy too. Only the thread that has the database
 * open can do it: the file is locked for everybody else.
 * Invariant: no transaction while a step is made. The step would fail, at once and again, as long as there is much to write.
 */
import { randomUUID } from 'node:crypto'
import { closeSync, fdatasync, openSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

/** Pages of one step: a megabyte, some milliseconds in which the database answers nobody else. */
const STEP_PAGES = 256

/** The copy is handed to the disk every so many steps: the last step waits for the rest, and appends wait for it. */
const SYNC_STEPS = 16

const MARK = '.backup-'

export class Backups {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #betweenSteps: () => void
  #last: Promise<unknown> = Promise.resolve()
  #ended = false
  #stepping = false

  /** `betweenSteps` is called when transactions may be made, after each step. */
  constructor(database: DatabaseSync, path: string, betweenSteps: () => void) {
    this.#database = database
    this.#path = path
    this.#betweenSteps = betweenSteps
  }

  /** A step may be under way in another thread: no transaction now. */
  get stepping(): boolean {
    return this.#stepping
  }

  /**
   * Copies everything as it is at one moment, not before the call, to a new file for its owner alone (0600), and returns
   * its path. The file is the caller's to delete. One copy is made at a time; a further one waits.
   */
  make(): Promise<string> {
    const made = this.#last.then(() => this.#copy())
    this.#last = made.catch(() => undefined) // its caller is told
    return made
  }

  /** Gives up what is under way, and resolves when the database is free. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#last
  }

  async #copy(): Promise<string> {
    const path = `${this.#path}${MARK}${randomUUID()}`
    const file = openSync(path, 'wx', 0o600)
    const { backup } = await import('node:sqlite') // it is loaded: without the warning of Node 22
    let steps = 0
    const progress = () => {
      this.#betweenSteps()
      if (this.#ended) throw new Error('The log is closing.')
      if (++steps % SYNC_STEPS === 0) fdatasync(file, () => undefined) // what it did not do, SQLite's own sync does
    }
    try {
      progress()
      this.#stepping = true
      await backup(this.#database, path, { rate: STEP_PAGES, progress })
      return path
    } catch (error) {
      for (const left of [path, `${path}-journal`]) rmSync(left, { force: true })
      throw error
    } finally {
      closeSync(file)
      this.#stepping = false
      this.#betweenSteps()
    }
  }
}

/** Deletes the copies that a process was making when it was killed. Called by whoever has the database to itself. */
export function removeUnfinishedBackups(path: string): void {
  const folder = dirname(path)
  const begin = `${basename(path)}${MARK}`
  for (const name of readdirSync(folder)) if (name.startsWith(begin)) rmSync(join(folder, name), { force: true })
}
