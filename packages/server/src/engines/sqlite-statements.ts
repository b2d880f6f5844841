/** The log and the store as SQL, one function an operation. Called inside a transaction; knows nothing of threads. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { type Cursor, cursorAfter, type Message, parseCursor, type RoomSummary, START } from '@poll-chat/protocol'
import { fill } from '../log/batch.ts'
import type { Appended, Draft, Entry, Place } from '../log/contract.ts'
import { honour, type Known } from '../log/honour.ts'
import type { Operations } from './sqlite-protocol.ts'

type Row = Record<string, SQLOutputValue>

/** `id`, `head`, `floor`, `floor_id`. */
type RoomRow = Row

/** `head` is further than the room's row says until it is settled. */
type Appending = { id: number; head: number; hasTrimmed: boolean }

export function prepareStatements(database: DatabaseSync) {
  // As bytes: Node 22 cuts a text off at its first NUL.
  const columns = 'idx, id, uid, verified, CAST(text AS BLOB) AS text, at'
  const sql = {
    addRoom: database.prepare('INSERT INTO rooms (name, head) VALUES (?, 0) RETURNING id'),
    findRoom: database.prepare('SELECT id, head, floor, floor_id FROM rooms WHERE name = ?'),
    places: database.prepare('SELECT name, head, floor, floor_id FROM rooms ORDER BY name'),
    raise: database.prepare(
      'UPDATE rooms SET floor = ?, floor_id = ?, head = max(head, ?) WHERE name = ? AND floor < ?',
    ),
    moveHead: database.prepare('UPDATE rooms SET head = ? WHERE id = ?'),
    addMessage: database.prepare(
      'INSERT INTO messages (room, idx, id, uid, verified, text, at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (room, id) DO NOTHING',
    ),
    findById: database.prepare(`SELECT ${columns} FROM messages WHERE room = ? AND id = ?`),
    emptyText: database.prepare("UPDATE messages SET text = '' WHERE room = ? AND idx = ? AND text <> ''"),
    at: database.prepare(`SELECT ${columns} FROM messages WHERE room = ? AND idx = ?`),
    trimmedById: database.prepare(
      "SELECT idx, id, uid, verified, '' AS text, at FROM trimmed WHERE room = ? AND id = ?",
    ),
    idAt: database.prepare('SELECT id FROM messages WHERE room = ? AND idx = ?'),
    oldest: database.prepare('SELECT min(idx) AS idx FROM messages WHERE room = ?'),
    newest: database.prepare('SELECT idx, id FROM messages WHERE room = ? ORDER BY idx DESC LIMIT 1'),
    forward: database.prepare(`SELECT ${columns} FROM messages WHERE room = ? AND idx > ? ORDER BY idx LIMIT ?`),
    backward: database.prepare(`SELECT ${columns} FROM messages WHERE room = ? AND idx < ? ORDER BY idx DESC LIMIT ?`),
    rooms: database.prepare(
      `SELECT rooms.name, idx, messages.id, at FROM rooms
       JOIN messages ON messages.room = rooms.id AND idx = (SELECT max(idx) FROM messages WHERE room = rooms.id)
       WHERE instr(rooms.name, '#') = 0 ORDER BY at DESC, rooms.id DESC LIMIT ?`,
    ),
    get: database.prepare('SELECT CAST(value AS BLOB) AS value, revision FROM store WHERE key = ?'),
    // A random revision: a counter in the row would start again, and repeat itself, after a delete.
    put: database.prepare(
      `INSERT INTO store (key, value, revision) VALUES (?, ?, abs(random() % ${Number.MAX_SAFE_INTEGER}) + 1)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision RETURNING revision`,
    ),
    delete: database.prepare('DELETE FROM store WHERE key = ?'),
    list: database.prepare('SELECT key FROM store WHERE key >= ? AND substr(key, 1, length(?)) = ? ORDER BY key'),
  }

  /** Rooms that this transaction has appended to. */
  const appending = new Map<string, Appending>()

  const floorOf = (room: RoomRow) =>
    room.floor === 0 ? undefined : { index: Number(room.floor), id: String(room.floor_id) }

  /** The newest message, kept or not. */
  const newestOf = (room: RoomRow) => {
    const newest = sql.newest.get(Number(room.id))
    return newest ? { index: Number(newest.idx), id: String(newest.id) } : floorOf(room)
  }

  function honourIn(room: RoomRow | undefined, cursor: Cursor): Cursor {
    if (cursor.index === START.index) return START
    if (!room) return honour(cursor, { newest: undefined, oldestIndex: 1, idAtCursor: undefined })
    const id = Number(room.id)
    const idAtCursor = sql.idAt.get(id, cursor.index)
    return honour(cursor, {
      newest: newestOf(room),
      oldestIndex: Number(sql.oldest.get(id)?.idx ?? Number(room.floor) + 1),
      floor: floorOf(room),
      idAtCursor: idAtCursor && String(idAtCursor.id),
    })
  }

  /** A room's row is read and written once for all that is appended to it in a transaction. */
  function roomToAppend(name: string): Appending {
    const known = appending.get(name)
    if (known) return known
    const found = sql.findRoom.get(name)
    const id = Number((found ?? sql.addRoom.get(name))?.id)
    const room = { id, head: Number(found?.head ?? 0), hasTrimmed: Number(found?.floor ?? 0) > 0 }
    appending.set(name, room)
    return room
  }

  const headOf = (room: RoomRow | undefined): Cursor => {
    const newest = room && newestOf(room)
    return (newest && parseCursor(cursorAfter(newest))) ?? START
  }

  return {
    append(draft: Draft): Appended {
      const { room: name, id, from, text } = draft
      const room = roomToAppend(name)
      const trimmed = room.hasTrimmed ? sql.trimmedById.get(room.id, id) : undefined
      if (trimmed) return { message: toMessage(name, trimmed), repeated: true }
      const index = room.head + 1
      const at = new Date()
      const { changes } = sql.addMessage.run(room.id, index, id, from.uid, from.verified ? 1 : 0, text, at.getTime())
      const stored = changes === 0 ? sql.findById.get(room.id, id) : undefined
      if (stored) return { message: toMessage(name, stored), repeated: true }
      room.head = index
      return { message: { index, id, room: name, from, text, at: at.toISOString() }, repeated: false }
    },

    /** Writes down what appends have moved. To be called before anything else is asked, and before the transaction ends. */
    settle(): void {
      for (const { id, head } of appending.values()) sql.moveHead.run(head, id)
      appending.clear()
    },

    /** The transaction was rolled back. */
    forget(): void {
      appending.clear()
    },

    /** What is left of a message, and whether there was more of it. */
    remove(name: string, index: number): { message: Message | undefined; isNew: boolean } {
      const room = sql.findRoom.get(name)
      const isNew = room !== undefined && sql.emptyText.run(Number(room.id), index).changes > 0
      const left = room && sql.at.get(Number(room.id), index)
      return { message: left && toMessage(name, left), isNew }
    },

    places(): Place[] {
      return sql.places.all().map((room) => {
        const floor = floorOf(room)
        return { room: String(room.name), head: Number(room.head), ...(floor && { floor }) }
      })
    },

    restoreFloor(name: string, { index, id }: Known): number {
      if (!sql.findRoom.get(name)) sql.addRoom.get(name)
      sql.raise.run(index, id, index, name, index)
      return index
    },

    restore(name: string, messages: readonly Message[], head: number): number {
      const found = sql.findRoom.get(name)
      const room = found ? Number(found.id) : Number(sql.addRoom.get(name)?.id)
      for (const { index, id, from, text, at } of messages)
        sql.addMessage.run(room, index, id, from.uid, from.verified ? 1 : 0, text, Date.parse(at))
      const last = messages.at(-1)?.index ?? 0
      sql.moveHead.run(Math.max(found ? Number(found.head) : 0, last, head), room)
      return last
    },

    read(name: string, after: Cursor, limit: number): Operations['read']['answer'] {
      const room = sql.findRoom.get(name)
      const honoured = honourIn(room, after)
      const rows = room ? sql.forward.iterate(Number(room.id), after.index, limit) : []
      const { messages } = fill(messagesOf(name, rows), limit)
      const trimmed = after.index === START.index && Number(room?.floor ?? 0) > 0
      // Where all is gone, its end is a place that can be checked, as 0 is not.
      const place = trimmed && messages.length === 0 ? headOf(room) : honoured
      return { messages, after: place, trimmed }
    },

    page(name: string, limit: number, before: Cursor | undefined): Operations['page']['answer'] {
      const room = sql.findRoom.get(name)
      if (before) honourIn(room, before)
      if (!room) return { messages: [], older: false, empty: START, trimmed: false }
      const rows = sql.backward.iterate(Number(room.id), before?.index ?? Number.MAX_SAFE_INTEGER, limit + 1)
      const { messages, more: older } = fill(messagesOf(name, rows), limit)
      const empty = before ? START : headOf(room)
      return { messages: messages.reverse(), older, empty, trimmed: !older && Number(room.floor) > 0 }
    },

    head(name: string): Cursor {
      return headOf(sql.findRoom.get(name))
    },

    rooms(limit: number): RoomSummary[] {
      return sql.rooms.all(limit).map((row) => ({
        room: String(row.name),
        newest: cursorAfter({ index: Number(row.idx), id: String(row.id) }),
        at: new Date(Number(row.at)).toISOString(),
      }))
    },

    get(key: string): Entry | undefined {
      const row = sql.get.get(key)
      return row && { value: toText(row.value), revision: Number(row.revision) }
    },

    put(key: string, value: string, expected: number | undefined): number | undefined {
      if (expected !== undefined && Number(sql.get.get(key)?.revision ?? 0) !== expected) return undefined
      return Number(sql.put.get(key, value)?.revision)
    },

    delete(key: string): void {
      sql.delete.run(key)
    },

    list(prefix: string): string[] {
      return sql.list.all(prefix, prefix, prefix).map((row) => String(row.key))
    },
  }
}

function* messagesOf(room: string, rows: Iterable<Row>): Generator<Message> {
  for (const row of rows) yield toMessage(room, row)
}

/** No text is empty but that of a message that was deleted. */
export function toMessage(room: string, row: Row): Message {
  const text = toText(row.text)
  return {
    index: Number(row.idx),
    id: String(row.id),
    room,
    from: { uid: String(row.uid), verified: row.verified === 1 },
    text,
    at: new Date(Number(row.at)).toISOString(),
    ...(text === '' && { deleted: true }),
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true }) // a text may begin with one

export function toText(value: SQLOutputValue | undefined): string {
  return value instanceof Uint8Array ? utf8.decode(value) : ''
}
