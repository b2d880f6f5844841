/**
 * What SQLite itself takes: the same rows, the same kind of table and index, the same durability, no server.
 *   fill FILE COUNT          makes a database with so many rows
 *   insert FILE SIZE MS WARM inserts in transactions of SIZE for MS milliseconds, after WARM; prints one JSON object
 */
import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { cpuSeconds } from '../os.mjs'

const [action, file, ...numbers] = process.argv.slice(2)
const database = new DatabaseSync(file)
database.exec(`
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS messages (
    room INTEGER NOT NULL, idx INTEGER NOT NULL, id TEXT NOT NULL, uid TEXT NOT NULL, verified INTEGER NOT NULL,
    text TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (room, idx)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS messages_by_id ON messages (room, id);
`)
const insert = database.prepare('INSERT INTO messages VALUES (1, ?, ?, ?, 0, ?, ?)')
let index = Number(database.prepare('SELECT max(idx) AS idx FROM messages WHERE room = 1').get().idx ?? 0)

if (action === 'fill') {
  const [count] = numbers.map(Number)
  for (let left = count; left > 0; left -= 5_000) transaction(Math.min(left, 5_000))
} else {
  const [size, ms, warmMs] = numbers.map(Number)
  insertFor(warmMs, size)
  const cpu = cpuSeconds([process.pid])
  const start = performance.now()
  const inserted = insertFor(ms, size)
  const seconds = (performance.now() - start) / 1000
  const cpuUsed = cpuSeconds([process.pid]) - cpu
  console.log(
    JSON.stringify({
      appendsPerSecond: inserted / seconds,
      appendsPerCpuSecond: inserted / cpuUsed,
      serverCpuPct: (cpuUsed / seconds) * 100,
      lost: 0,
      errors: 0,
    }),
  )
}
database.close()

function insertFor(ms, size) {
  const first = index
  for (const end = performance.now() + ms; performance.now() < end; ) transaction(size)
  return index - first
}

function transaction(size) {
  database.exec('BEGIN IMMEDIATE')
  for (let i = 0; i < size; i++) {
    index++
    insert.run(
      index,
      randomUUID(),
      'anonymous',
      `message ${index} `.padEnd(64, 'abcdefghijklmnopqrstuvwxyz'),
      Date.now(),
    )
  }
  database.exec('COMMIT')
}
