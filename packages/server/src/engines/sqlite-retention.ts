/**
 * Takes away what is not kept any more, from the oldest on: in slices behind the appends, and at each sweep through all rooms.
 * Invariant: in one transaction messages go, and their room's floor rises to the last of them, so that a cursor from before
 * is told. `rooms.head` stays, and no index is used again.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Gone, Retention } from '../log/contract.ts'
import { REMEMBER_TRIMMED_MS, sweepMs } from '../log/retention.ts'
import type { Chore } from './sqlite-chores.ts'

/** Messages that one slice takes away, and rooms that it looks at: some milliseconds. */
const SLICE = 200
const ROOMS = 100

const PAUSE_MS = 5

/** How long after an append its room is looked at, in milliseconds. So much more may be kept for so long. */
export const TRIM_AFTER_MS = 500

export type Trimmer = Chore & {
  /** Something was appended to a room. */
  touch(room: string): void
  /** All rooms are to be looked at. */
  sweep(): void
  /** How often to sweep, in milliseconds. */
  sweepMs: number
}

/** `announce` hears of what is gone, once that is durable. */
export function openTrimmer(database: DatabaseSync, retention: Retention, announce: (gone: Gone[]) => void): Trimmer {
  const { ageMs = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY } = retention
  const columns = 'id, name, head'
  const sql = {
    byName: database.prepare(`SELECT ${columns} FROM rooms WHERE name = ?`),
    after: database.prepare(`SELECT ${columns} FROM rooms WHERE id > ? ORDER BY id LIMIT 1`),
    oldest: database.prepare('SELECT idx, at FROM messages WHERE room = ? ORDER BY idx LIMIT ?'),
    remember: database.prepare(
      `INSERT INTO trimmed (room, idx, id, uid, verified, at, until)
       SELECT room, idx, id, uid, verified, at, ? FROM messages WHERE room = ? AND idx <= ?`,
    ),
    remove: database.prepare('DELETE FROM messages WHERE room = ? AND idx <= ?'),
    raise: database.prepare(
      `UPDATE rooms SET floor = idx, floor_id = messages.id FROM messages
       WHERE rooms.id = ? AND messages.room = rooms.id AND messages.idx = ?`,
    ),
    // They are numbered in the order in which they are forgotten.
    forget: database.prepare(
      'DELETE FROM trimmed WHERE number IN (SELECT number FROM trimmed ORDER BY number LIMIT ?) AND until < ?',
    ),
  }
  const touched = new Set<string>()
  let sweptTo = Number.POSITIVE_INFINITY
  let gone: Gone[] = []

  /** The next room to look at: one that something was appended to goes first. */
  function nextRoom() {
    const [name] = touched
    if (name !== undefined) touched.delete(name)
    const room = name === undefined ? sql.after.get(sweptTo) : sql.byName.get(name)
    if (name === undefined) sweptTo = room ? Number(room.id) : Number.POSITIVE_INFINITY
    return room && { id: Number(room.id), name: String(room.name), head: Number(room.head) }
  }

  /** Takes away at most so many of a room. Returns how many. */
  function trim({ id, name, head }: { id: number; name: string; head: number }, limit: number): number {
    const isDue = ({ idx, at }: { idx: unknown; at: unknown }) =>
      Number(idx) <= head - count || Number(at) < Date.now() - ageMs
    if (!sql.oldest.all(id, 1).some((row) => isDue({ idx: row.idx, at: row.at }))) return 0
    const rows = sql.oldest.all(id, limit)
    const kept = rows.findIndex((row) => !isDue({ idx: row.idx, at: row.at }))
    const due = kept === -1 ? rows.length : kept
    const upTo = Number(rows[due - 1]?.idx)
    sql.raise.run(id, upTo)
    sql.remember.run(Date.now() + REMEMBER_TRIMMED_MS, id, upTo)
    sql.remove.run(id, upTo)
    gone.push({ type: 'trimmed', room: name, upTo })
    if (due === limit) touched.add(name) // there may be more
    return due
  }

  return {
    pauseMs: PAUSE_MS,
    sweepMs: sweepMs(retention),
    touch: (room) => touched.add(room),
    sweep() {
      sweptTo = 0
    },
    slice() {
      gone = []
      const forgotten = Number(sql.forget.run(SLICE, Date.now()).changes)
      let left = SLICE - forgotten
      for (let looked = 0; looked < ROOMS && left > 0; looked++) {
        const room = nextRoom()
        if (room) left -= trim(room, left)
        else if (sweptTo === Number.POSITIVE_INFINITY) break
      }
      return forgotten === SLICE || touched.size > 0 || sweptTo < Number.POSITIVE_INFINITY
    },
    done() {
      if (gone.length > 0) announce(gone)
    },
  }
}
