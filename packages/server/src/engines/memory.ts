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
import { asTrimmed, batchAfter, fill, pageOf } from '../log/batch.ts'
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
  Retention,
  Search,
  Store,
} from '../log/contract.ts'
import { honour, type Known } from '../log/honour.ts'
import { REMEMBER_TRIMMED_MS, sweepMs } from '../log/retention.ts'
import { isPrivate } from '../log/room-names.ts'
import { hasTerms, indexWords } from '../log/search-words.ts'
import { tombstoneOf } from '../log/tombstone.ts'
import type { EngineOptions } from './engine-options.ts'
import { StoreWatchers } from './store-watchers.ts'

/**
 * `floor`: the last message that is no longer kept. Indexes are dense here, so the first of `messages` stands behind it.
 * `places`: where each of them stands among those of all rooms. `byId` has what is left of those that were trimmed, too.
 */
type Room = { messages: Message[]; places: number[]; byId: Map<string, Message>; floor: Known | undefined }

const newRoom = (): Room => ({ messages: [], places: [], byId: new Map(), floor: undefined })

const NO_ROOM = newRoom()

export function openMemory({ retention }: EngineOptions = {}): Engine {
  const open = new Open()
  const log = new MemoryLog(open, retention)
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
  readonly #all = new Map<number, Message>()
  readonly #watchers = new Set<(messages: readonly Message[]) => void>()
  readonly #goneWatchers = new Set<(gone: readonly Gone[]) => void>()
  readonly #open: Open
  readonly #retention: Retention | undefined
  readonly #sweeping: NodeJS.Timeout | undefined
  #trimmed: { room: Room; ids: string[]; until: number }[] = []
  #nextPlace = 1

  constructor(open: Open, retention: Retention | undefined) {
    this.#open = open
    this.#retention = retention
    this.#sweeping = retention && setInterval(() => this.#sweep(), sweepMs(retention)).unref()
  }

  async append(draft: Draft): Promise<Appended> {
    this.#open.check()
    const room: Room = this.#rooms.get(draft.room) ?? newRoom()
    const stored = room.byId.get(draft.id)
    if (stored) return { message: stored, repeated: true }
    const { id, from, text } = draft
    const at = new Date().toISOString()
    const message = { index: floorIndex(room) + room.messages.length + 1, id, room: draft.room, from, text, at }
    const place = this.#nextPlace++
    room.messages.push(message)
    room.places.push(place)
    this.#all.set(place, message)
    room.byId.set(id, message)
    this.#rooms.delete(draft.room)
    this.#rooms.set(draft.room, room)
    for (const watcher of this.#watchers) watcher([message])
    this.#trim(draft.room, room)
    return { message, repeated: false }
  }

  read(name: string, after: Cursor, limit: number): Batch {
    this.#open.check()
    const room = this.#rooms.get(name) ?? NO_ROOM
    const isTrimmed = after.index === START.index && room.floor !== undefined
    const honoured = honourIn(room, after)
    const from = Math.max(0, after.index - floorIndex(room))
    const { messages } = fill(room.messages.slice(from, from + limit), limit)
    // Where all is gone, its end is a place that can be checked, as 0 is not.
    return asTrimmed(batchAfter(isTrimmed && messages.length === 0 ? headOf(room) : honoured, messages), isTrimmed)
  }

  async page(name: string, limit: number, before?: Cursor): Promise<Batch> {
    this.#open.check()
    const room = this.#rooms.get(name) ?? NO_ROOM
    if (before) honourIn(room, before)
    const end = before ? Math.max(before.index - 1 - floorIndex(room), 0) : room.messages.length
    const { messages, more } = fill(room.messages.slice(Math.max(end - limit - 1, 0), end).reverse(), limit)
    const page = pageOf(messages.reverse(), more, before ? START : headOf(room))
    return asTrimmed(page, !more && room.floor !== undefined)
  }

  async head(name: string): Promise<Cursor> {
    this.#open.check()
    return headOf(this.#rooms.get(name) ?? NO_ROOM)
  }

  async rooms(limit: number): Promise<RoomSummary[]> {
    this.#open.check()
    const newestFirst = [...this.#rooms]
      .filter(([room, { messages }]) => messages.length > 0 && !isPrivate(room))
      .reverse()
      .slice(0, limit)
    return newestFirst.flatMap(([room, { messages }]) => {
      const newest = messages.at(-1)
      return newest ? [{ room, newest: cursorAfter(newest), at: newest.at }] : []
    })
  }

  /** A plain scan; the place of a message is its number among all. */
  async find({ terms, room, uid, before = this.#nextPlace, limit }: Find): Promise<Found> {
    this.#open.check()
    const messages: Message[] = []
    const [oldest = before] = this.#all.keys()
    for (let place = before - 1; place >= oldest; place--) {
      const message = this.#all.get(place)
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
    const room = this.#rooms.get(name) ?? NO_ROOM
    const at = index - 1 - floorIndex(room)
    const message = room.messages[at]
    const place = room.places[at]
    if (!message || place === undefined || message.deleted) return message
    const left = tombstoneOf(message)
    room.messages[at] = left
    room.byId.set(left.id, left)
    this.#all.set(place, left)
    for (const watcher of this.#goneWatchers) watcher([{ type: 'deleted', message: left }])
    return left
  }

  watchGone(listener: (gone: readonly Gone[]) => void): () => void {
    this.#goneWatchers.add(listener)
    return () => this.#goneWatchers.delete(listener)
  }

  #sweep(): void {
    for (const [name, room] of this.#rooms) this.#trim(name, room)
    const now = performance.now()
    while (this.#trimmed[0] && this.#trimmed[0].until < now) {
      const { room, ids } = this.#trimmed.shift() ?? { room: NO_ROOM, ids: [] }
      for (const id of ids) room.byId.delete(id)
    }
  }

  /** Takes away what is not kept any more, from the oldest on. */
  #trim(name: string, room: Room): void {
    const { ageMs = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY } = this.#retention ?? {}
    const excess = room.messages.length - count
    const oldestMs = Date.now() - ageMs
    const kept = room.messages.findIndex(({ at }, i) => i >= excess && Date.parse(at) >= oldestMs)
    const trimmed = room.messages.splice(0, kept === -1 ? room.messages.length : kept)
    const last = trimmed.at(-1)
    if (!last) return
    room.floor = { index: last.index, id: last.id }
    for (const place of room.places.splice(0, trimmed.length)) this.#all.delete(place)
    for (const message of trimmed) room.byId.set(message.id, tombstoneOf(message))
    this.#trimmed.push({ room, ids: trimmed.map(({ id }) => id), until: performance.now() + REMEMBER_TRIMMED_MS })
    for (const watcher of this.#goneWatchers) watcher([{ type: 'trimmed', room: name, upTo: last.index }])
  }

  async close(): Promise<void> {
    this.#open.end()
    clearInterval(this.#sweeping)
    this.#watchers.clear()
    this.#goneWatchers.clear()
  }
}

function floorIndex({ floor }: Room): number {
  return floor?.index ?? 0
}

function headOf({ messages, floor }: Room): Cursor {
  const newest = messages.at(-1) ?? floor
  return (newest && parseCursor(cursorAfter(newest))) ?? START
}

function honourIn({ messages, floor }: Room, cursor: Cursor): Cursor {
  const floorAt = floor?.index ?? 0
  const idAtCursor = messages[cursor.index - 1 - floorAt]?.id
  return honour(cursor, { newest: messages.at(-1), oldestIndex: floorAt + 1, floor, idAtCursor })
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
