/**
 * Takes what was deleted out of the file. SQLite overwrites what it frees (`secure_delete`), but two copies are left: the
 * write-ahead log has the pages as they were, and the index for searching has the words until the parts that they stand in
 * are merged with others, which leave them out (https://www.sqlite.org/fts5.html#the_merge_command). Invariant: from the
 * deletion until both are gone a row says so, by a trigger in the deletion's own transaction.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Chore } from './sqlite-chores.ts'

/** Pages of the index that one slice merges: some milliseconds. */
const MERGE_PAGES = 100

const PAUSE_MS = 5

/** After a while, with others: each goes through the whole index. */
export const SCRUB_AFTER_MS = 200

/** The chore of taking out what was deleted before `renew` was called last. `isDue`: whether an earlier server left some. */
export function openScrubber(database: DatabaseSync): Chore & { renew(): void; isDue(): boolean } {
  const merge = database.prepare("INSERT INTO search_words (search_words, rank) VALUES ('merge', ?)")
  const changes = database.prepare('SELECT total_changes() AS count')
  const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
  const due = database.prepare("SELECT 1 FROM chores WHERE name = 'scrub'")
  const settle = database.prepare("DELETE FROM chores WHERE name = 'scrub'")
  const count = () => Number(changes.get()?.count)
  let isNew = false

  return {
    pauseMs: PAUSE_MS,
    isDue: () => due.get() !== undefined,
    renew() {
      isNew = true
    },
    slice() {
      const before = count()
      merge.run(isNew ? -MERGE_PAGES : MERGE_PAGES) // a negative number begins with all that there is
      isNew = false
      return count() - before >= 2 // as documented: less is nothing
    },
    done(isMore) {
      if (isMore) return
      checkpoint.get()
      settle.run()
    },
  }
}
