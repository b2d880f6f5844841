/**
 * Opens a database file, or says in one sentence why not. Invariant: a file that is not ours, is newer than this code
 * or is held by another server is not touched: its header is read as a plain file before SQLite sees it.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { StartError } from '../log/start-error.ts'
import { removeUnfinishedBackups } from './sqlite-backup.ts'

/** `PoCh`, in the header of every database of ours. */
const APPLICATION_ID = 0x506f4368

/**
 * The schema, one step a version. A released step is never changed; a new one is added behind it.
 * `messages.at` is in milliseconds of the epoch. `rooms.head` is the highest index ever given: no index is used again.
 * `rooms.floor` is the index of the last message that is no longer kept, 0 for none, and `floor_id` its id: a place to go on from.
 */
const MIGRATIONS = [
  `CREATE TABLE rooms (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     head INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE messages (
     room INTEGER NOT NULL REFERENCES rooms (id),
     idx INTEGER NOT NULL,
     id TEXT NOT NULL,
     uid TEXT NOT NULL,
     verified INTEGER NOT NULL,
     text TEXT NOT NULL,
     at INTEGER NOT NULL,
     PRIMARY KEY (room, idx)
   ) STRICT, WITHOUT ROWID;
   CREATE UNIQUE INDEX messages_by_id ON messages (room, id);
   CREATE TABLE store (
     key TEXT PRIMARY KEY,
     value TEXT NOT NULL,
     revision INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  // The index for searching, empty: it is filled while the log is in use. `rooms.indexed`: how far it has come.
  `ALTER TABLE rooms ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX rooms_behind ON rooms (id) WHERE indexed < head;
   CREATE TABLE search_messages (
     id INTEGER PRIMARY KEY,
     room INTEGER NOT NULL,
     idx INTEGER NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX search_messages_by_place ON search_messages (room, idx);
   CREATE VIRTUAL TABLE search_words USING fts5 (
     words, scope, content = '', contentless_delete = 1, detail = 'full',
     tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
   );
   CREATE TRIGGER search_deleted AFTER DELETE ON search_messages BEGIN
     DELETE FROM search_words WHERE rowid = old.id;
   END;
   CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
     DELETE FROM search_messages WHERE room = old.room AND idx = old.idx;
   END;
   CREATE TRIGGER messages_emptied AFTER UPDATE OF text ON messages BEGIN
     DELETE FROM search_messages WHERE room = old.room AND idx = old.idx;
   END;`,
  // What is no longer kept, without its texts, and until when it is remembered: so that a repeated send finds it.
  `ALTER TABLE rooms ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE rooms ADD COLUMN floor_id TEXT NOT NULL DEFAULT '';
   CREATE TABLE trimmed (
     number INTEGER PRIMARY KEY,
     room INTEGER NOT NULL REFERENCES rooms (id),
     idx INTEGER NOT NULL,
     id TEXT NOT NULL,
     uid TEXT NOT NULL,
     verified INTEGER NOT NULL,
     at INTEGER NOT NULL,
     until INTEGER NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX trimmed_by_id ON trimmed (room, id);`,
  // Chores that somebody else than a server's memory has to know of: what is begun and not done goes on after a restart.
  `CREATE TABLE chores (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
   CREATE TRIGGER scrub_emptied AFTER UPDATE OF text ON messages BEGIN
     INSERT OR IGNORE INTO chores (name) VALUES ('scrub');
   END;`,
]

/** How long a database that is locked is tried again, in milliseconds, and how long between two tries at most. */
const TRY_LOCK_MS = 1_000
const TRY_LOCK_EVERY_MS = 100

/**
 * The folder is made for its owner alone (0700), and so is the file (0600). Two servers that are started at the same
 * moment can each hold the half of a lock that keeps the other out, so each lets go of it and tries again by chance.
 */
export async function openDatabase(path: string): Promise<DatabaseSync> {
  const isNew = prepareFile(path)
  if (!isNew) checkHeader(path)
  const { DatabaseSync } = await importSqlite()
  for (const end = performance.now() + TRY_LOCK_MS; ; ) {
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(path)
      lock(database)
      removeUnfinishedBackups(path)
      migrate(database, path)
      configure(database)
      return database
    } catch (error) {
      database?.close()
      if (!isBusy(error) || performance.now() > end) throw asStartError(path, error)
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * TRY_LOCK_EVERY_MS))
  }
}

/** True when there was no database yet: no file, or an empty one. */
function prepareFile(path: string): boolean {
  try {
    makeFolder(dirname(path))
    const isNew = !existsSync(path) || readHeader(path).length === 0
    if (isNew) {
      closeSync(openSync(path, 'a', 0o600))
      chmodSync(path, 0o600)
    }
    return isNew
  } catch (error) {
    throw new StartError(`The log cannot be opened: ${reasonOf(error)}. Choose another place with --data.`, {
      cause: error,
    })
  }
}

/** One by one: in a file system that makes no folders, such as /proc, Node's `recursive` tries for ever. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (!existsSync(path)) throw error // else another process was quicker
  }
}

/** The header of a database file: https://www.sqlite.org/fileformat.html, section 1.3. */
export function checkHeader(path: string): void {
  const header = readHeader(path)
  if (header.length < 100 || header.toString('latin1', 0, 16) !== 'SQLite format 3\0') {
    throw new StartError(`${path} is not a database. It was left as it is; choose another place with --data.`)
  }
  if (header.readUInt32BE(68) !== APPLICATION_ID) {
    throw new StartError(
      `${path} is a database of another program. It was left as it is; choose another place with --data.`,
    )
  }
  checkVersion(path, header.readUInt32BE(60))
}

function checkVersion(path: string, version: number): void {
  if (version <= MIGRATIONS.length) return
  throw new StartError(
    `${path} was written by a newer poll-chat (schema ${version}, this one knows ${MIGRATIONS.length}). It was left as it is; install the newer version.`,
  )
}

function readHeader(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const header = Buffer.alloc(100)
    return header.subarray(0, readSync(file, header, 0, 100, 0))
  } finally {
    closeSync(file)
  }
}

/**
 * The exclusive lock is taken at once and kept: two servers on one file would each hand out the same indexes. The
 * operating system lets go of it when the process dies, however it dies.
 */
function lock(database: DatabaseSync): void {
  database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT')
}

function configure(database: DatabaseSync): void {
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA secure_delete = ON;
    PRAGMA journal_size_limit = 67108864;
  `)
}

/** Before the write-ahead log is switched on: killed at any moment, a new file is either empty or whole. */
function migrate(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  checkVersion(path, version) // again: the newer header may still have been in the write-ahead log
  if (version === MIGRATIONS.length) return
  database.exec('BEGIN IMMEDIATE')
  for (const step of MIGRATIONS.slice(version)) database.exec(step)
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`)
  // The header must be in the file itself, not only in its write-ahead log: checkHeader reads it there.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

/** Result codes: https://www.sqlite.org/rescode.html. */
function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === 5
  )
}

function asStartError(path: string, error: unknown): unknown {
  if (error instanceof StartError) return error
  if (isBusy(error)) {
    return new StartError(`${path} is in use by another server. Stop that one, or choose another place with --data.`, {
      cause: error,
    })
  }
  return new StartError(`The log ${path} cannot be opened: ${reasonOf(error)}.`, { cause: error })
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Node 22 and early 24 warn that SQLite is experimental; that one warning is of no use to anybody who runs a chat. */
export async function importSqlite(): Promise<typeof import('node:sqlite')> {
  const { emitWarning } = process
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).includes('SQLite')) Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return await import('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
