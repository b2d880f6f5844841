/**
 * The index for searching, in the database itself: FTS5 over words that we make (log/search-words.ts). It follows the
 * appends at a distance, by slices in transactions of its own, and knows for each room how far it is; so appends wait for no
 * index, and a large log of an older version is indexed while it is in use. Who searches first lets it catch up.
 * Invariant: what is deleted or emptied leaves the index with it, by triggers.
 */
import type { DatabaseSync } from 'node:sqlite'
import { MAX_BATCH_CHARACTERS } from '@poll-chat/protocol'
import type { Find, Found } from '../log/contract.ts'
import { indexWords, type Term } from '../log/search-words.ts'
import { toMessage, toText } from './sqlite-statements.ts'

/** Ids in a millisecond. An id is the time times this, plus a number: newer messages have greater ids, whenever indexed. */
const IDS_PER_MS = 2048

/** Messages of one slice: some milliseconds. */
const SLICE = 200

/** Messages looked through at once, and for how long one search goes on, in milliseconds. Then it says where it has come to. */
const WINDOW = 50_000
const SEARCH_MS = 100

export function openSearchIndex(database: DatabaseSync) {
  const sql = {
    behind: database.prepare('SELECT id, indexed FROM rooms WHERE indexed < head LIMIT 1'),
    next: database.prepare(
      'SELECT idx, uid, CAST(text AS BLOB) AS text, at FROM messages WHERE room = ? AND idx > ? ORDER BY idx LIMIT ?',
    ),
    lastId: database.prepare('SELECT max(id) AS id FROM search_messages WHERE id BETWEEN ? AND ?'),
    addMessage: database.prepare('INSERT INTO search_messages (id, room, idx) VALUES (?, ?, ?)'),
    addWords: database.prepare('INSERT INTO search_words (rowid, words, scope) VALUES (?, ?, ?)'),
    moveOn: database.prepare('UPDATE rooms SET indexed = ? WHERE id = ?'),
    moveToHead: database.prepare('UPDATE rooms SET indexed = head WHERE id = ?'),
    find: database.prepare(
      `SELECT search_words.rowid AS place, rooms.name, messages.idx, messages.id, uid, verified, CAST(text AS BLOB) AS text, at
       FROM search_words
       JOIN search_messages ON search_messages.id = search_words.rowid
       JOIN messages ON messages.room = search_messages.room AND messages.idx = search_messages.idx
       JOIN rooms ON rooms.id = messages.room
       WHERE search_words MATCH ? AND search_words.rowid BETWEEN ? AND ? AND (? OR instr(rooms.name, '#') = 0) ORDER BY search_words.rowid DESC LIMIT ?`,
    ),
    windowEnd: database.prepare('SELECT id FROM search_messages WHERE id <= ? ORDER BY id DESC LIMIT 1 OFFSET ?'),
    roomId: database.prepare('SELECT id FROM rooms WHERE name = ?'),
  }

  /** Indexes some messages of one room. False when there was none left. Called in a transaction. */
  function indexSlice(): boolean {
    const room = sql.behind.get()
    if (!room) return false
    const roomId = Number(room.id)
    const rows = sql.next.all(roomId, Number(room.indexed), SLICE)
    for (const row of rows) {
      const words = indexWords(toText(row.text))
      if (words === '') continue
      const id = newId(Number(row.at))
      sql.addMessage.run(id, roomId, Number(row.idx))
      sql.addWords.run(id, words, `${roomToken(roomId)} ${uidToken(String(row.uid))}`)
    }
    const last = rows.at(-1)
    if (rows.length < SLICE) sql.moveToHead.run(roomId)
    else sql.moveOn.run(Number(last?.idx), roomId)
    return true
  }

  function newId(at: number): number {
    for (let ms = at; ; ms++) {
      const first = ms * IDS_PER_MS
      const last = sql.lastId.get(first, first + IDS_PER_MS - 1)?.id
      if (last === null || last === undefined) return first
      if (Number(last) < first + IDS_PER_MS - 1) return Number(last) + 1
    }
  }

  function find({ terms, room, uid, before, limit }: Find): Found {
    const roomId = room === undefined ? undefined : sql.roomId.get(room)?.id
    if (room !== undefined && roomId === undefined) return { messages: [] }
    const scope = [
      ...(roomId === undefined ? [] : [`scope : "${roomToken(Number(roomId))}"`]),
      ...(uid === undefined ? [] : [`scope : "${uidToken(uid)}"`]),
    ]
    const query = [...terms.map(matchOf), ...scope].join(' AND ')
    const inOneRoom = roomId === undefined ? 0 : 1
    const endsAt = performance.now() + SEARCH_MS
    const messages: Found['messages'] = []
    let characters = 0
    let newest = before === undefined ? Number.MAX_SAFE_INTEGER : before - 1
    for (;;) {
      const oldest = Number(sql.windowEnd.get(newest, WINDOW - 1)?.id ?? 0)
      for (const row of sql.find.iterate(query, oldest, newest, inOneRoom, limit - messages.length)) {
        const message = toMessage(String(row.name), row)
        characters += message.text.length
        if (characters > MAX_BATCH_CHARACTERS && messages.length > 0) return { messages, next: newest }
        messages.push(message)
        newest = Number(row.place)
      }
      if (messages.length === limit) return { messages, next: newest }
      if (oldest === 0) return { messages }
      if (performance.now() >= endsAt) return { messages, next: oldest }
      newest = oldest - 1
    }
  }

  return { indexSlice, find }
}

/** Words have letters and digits only, so that nothing in them means anything to FTS5 within quotation marks. */
function matchOf({ words, begins }: Term): string {
  return `words : "${words}"${begins ? ' *' : ''}`
}

function roomToken(id: number): string {
  return `r${id}`
}

/** Names have characters that the tokenizer would take apart. */
function uidToken(uid: string): string {
  return `u${Buffer.from(uid).toString('hex')}`
}
