/** The log in this process's memory: for tests, and for rooms that may be forgotten. */
import {
  type Batch,
  ChatError,
  type Cursor,
  cursorAfter,
  type Message,
  parseCursor,
  type RoomSummary,
  START,
} from '@poll-chat/protocol'
import { batchAfter, pageOf } from '../log/batch.ts'
import type {
  Appended,
  Draft,
  Engine,
  Entry,
  Find,
  Found,
  Gone,
  Log,
  PutOptions,
  Search,
  Store,
} from '../log/contract.ts'
import { honour } from '../log/honour.ts'
import { isPrivate } from '../log/room-names.ts'
import { hasTerms, indexWords } from '../log/search-words.ts'
import { tombstoneOf } from '../log/tombstone.ts'
import { StoreWatchers } from './store-watchers.ts'

type Room = { messages: Message[]; byId: Map<string, Message> }

const NO_ROOM: Room = { messages: [], byId: new Map() }

export function openMemory(): Engine {
  const open = new Open()
  const log = new MemoryLog(open)
  return { log, store: new MemoryStore(open), search: log }
}

/** Log and store close together, as those of every engine do. */
class Open {
  #ended = false

  end(): void {
    this.#ended = true
  }

  check(): void {
    if (this.#ended) throw new ChatError('log-unavailable', 'The log has stopped.')
  }
}

class MemoryLog implements Log, Search {
  /** In order of their last message. */
  readonly #rooms = new Map<string, Room>()
  readonly #all: Message[] = []
  readonly #watchers = new Set<(messages: readonly Message[]) => void>()
  readonly #goneWatchers = new Set<(gone: readonly Gone[]) => void>()
  readonly #open: Open

  constructor(open: Open) {
    this.#open = open
  }

  async append(draft: Draft): Promise<Appended> {
    this.#open.check()
    const room: Room = this.#rooms.get(draft.room) ?? { messages: [], byId: new Map() }
    const stored = room.byId.get(draft.id)
    if (stored) return { message: stored, repeated: true }
    const { id, from, text } = draft
    const at = new Date().toISOString()
    const message = { index: room.messages.length + 1, id, room: draft.room, from, text, at }
    room.messages.push(message)
    this.#all.push(message)
    room.byId.set(id, message)
    this.#rooms.delete(draft.room)
    this.#rooms.set(draft.room, room)
    for (const watcher of this.#watchers) watcher([message])
    return { message, repeated: false }
  }

  read(name: string, after: Cursor, limit: number): Batch {
    this.#open.check()
    const room = this.#rooms.get(name) ?? NO_ROOM
    return batchAfter(honourIn(room, after), room.messages.slice(after.index, after.index + limit))
  }

  async page(name: string, limit: number, before?: Cursor): Promise<Batch> {
    this.#open.check()
    const room = this.#rooms.get(name) ?? NO_ROOM
    if (before) honourIn(room, before)
    const end = before ? Math.max(before.index - 1, 0) : room.messages.length
    const start = Math.max(end - limit, 0)
    return pageOf(room.messages.slice(start, end), start > 0, START)
  }

  async head(name: string): Promise<Cursor> {
    this.#open.check()
    const newest = this.#rooms.get(name)?.messages.at(-1)
    return (newest && parseCursor(cursorAfter(newest))) ?? START
  }

  async rooms(limit: number): Promise<RoomSummary[]> {
    this.#open.check()
    const newestFirst = [...this.#rooms]
      .filter(([room]) => !isPrivate(room))
      .reverse()
      .slice(0, limit)
    return newestFirst.flatMap(([room, { messages }]) => {
      const newest = messages.at(-1)
      return newest ? [{ room, newest: cursorAfter(newest), at: newest.at }] : []
    })
  }

  /** A plain scan; the place of a message is its number among all. */
  async find({ terms, room, uid, before = this.#all.length, limit }: Find): Promise<Found> {
    this.#open.check()
    const messages: Message[] = []
    for (let place = before - 1; place >= 0; place--) {
      const message = this.#all[place]
      const isAsked = room === undefined ? !isPrivate(message?.room ?? '') : message?.room === room
      if (!message || !isAsked || (uid !== undefined && message.from.uid !== uid)) continue
      if (!hasTerms(indexWords(message.text), terms)) continue
      messages.push(message)
      if (messages.length === limit) return { messages, next: place }
    }
    return { messages }
  }

  watch(listener: (messages: readonly Message[]) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  async remove(name: string, index: number): Promise<Message | undefined> {
    this.#open.check()
    const room = this.#rooms.get(name)
    const message = room?.messages[index - 1]
    if (!room || !message || message.deleted) return message
    const left = tombstoneOf(message)
    room.messages[index - 1] = left
    room.byId.set(left.id, left)
    this.#all[this.#all.indexOf(message)] = left
    for (const watcher of this.#goneWatchers) watcher([{ type: 'deleted', message: left }])
    return left
  }

  watchGone(listener: (gone: readonly Gone[]) => void): () => void {
    this.#goneWatchers.add(listener)
    return () => this.#goneWatchers.delete(listener)
  }

  async close(): Promise<void> {
    this.#open.end()
    this.#watchers.clear()
    this.#goneWatchers.clear()
  }
}

/** Indexes are dense here: a message stands at the place before its index. */
function honourIn({ messages }: Room, cursor: Cursor): Cursor {
  return honour(cursor, { newest: messages.at(-1), oldestIndex: 1, idAtCursor: messages[cursor.index - 1]?.id })
}

class MemoryStore implements Store {
  readonly #entries = new Map<string, Entry>()
  readonly #watchers = new StoreWatchers()
  readonly #open: Open
  #revision = 0

  constructor(open: Open) {
    this.#open = open
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#open.check()
    return this.#entries.get(key)
  }

  async put(key: string, value: string, { expected }: PutOptions = {}): Promise<number | undefined> {
    this.#open.check()
    if (expected !== undefined && (this.#entries.get(key)?.revision ?? 0) !== expected) return undefined
    const revision = ++this.#revision
    this.#entries.set(key, { value, revision })
    this.#watchers.announce([key])
    return revision
  }

  async delete(key: string): Promise<void> {
    this.#open.check()
    this.#entries.delete(key)
    this.#watchers.announce([key])
  }

  async list(prefix: string): Promise<string[]> {
    this.#open.check()
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort()
  }

  watch(prefix: string, listener: (key: string) => void): () => void {
    return this.#watchers.add(prefix, listener)
  }
}
