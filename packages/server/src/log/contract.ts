/**
 * What an engine is, as everything above it sees it: a `Log` of messages and a `Store` of what is remembered beside
 * them. Room names (`room-names.ts`), ids and texts arrive valid and normalised.
 */
import type { MessagePort } from 'node:worker_threads'
import type { Batch, Cursor, Message, RoomSummary, Sender } from '@poll-chat/protocol'
import type { Known } from './honour.ts'
import type { Term } from './search-words.ts'

/** A message before it has its place: the log adds `index` and `at`. */
export type Draft = { room: string; id: string; from: Sender; text: string }

/** `repeated` is true when the id was there already: `message` is then the one that is stored, whatever the draft says. */
export type Appended = { message: Message; repeated: boolean }

/** What became of messages: one has no text any more, or all of a room up to an index are no longer kept. */
export type Gone = { type: 'deleted'; message: Message } | { type: 'trimmed'; room: string; upTo: number }

/** What of a room is kept: messages of the last so many milliseconds, and so many of the newest. Both hold where both are said. */
export type Retention = { ageMs?: number; count?: number }

export interface Log {
  /**
   * Resolves when the message is durable and has been announced to the watchers. A draft whose id is in the room
   * already, from whenever and whomever, adds nothing.
   * @throws ChatError `log-unavailable` when it could not be made durable; nothing was acknowledged then
   */
  append(draft: Draft): Promise<Appended>

  /**
   * At most `limit` messages after a cursor, and no more than one batch may hold (`fill`), oldest first, at once when they are in memory. `next` is the cursor of the
   * last of them; where there are none, the given place, with its check wherever that is known. After `0` it is `trimmed` when
   * there were messages before these.
   * @throws CursorReset when the log cannot honour the cursor
   */
  read(room: string, after: Cursor, limit: number): Batch | Promise<Batch>

  /**
   * A page of history in index order: the newest `limit` messages before a cursor, or of the room; as many as `fill` takes. `prev` is there when
   * something precedes them; it is `trimmed` when something did.
   * @throws CursorReset when the log cannot honour the cursor
   */
  page(room: string, limit: number, before?: Cursor): Promise<Batch>

  /** The cursor of the newest message, kept or not; `0` in a room that never had one. */
  head(room: string): Promise<Cursor>

  /** The public rooms that have messages, most recently active first. */
  rooms(limit: number): Promise<RoomSummary[]>

  /**
   * Calls the listener with every message that became durable from now on, wherever it was appended, each room's in
   * index order and with none missing: of every room, or of those that are followed where there is `follow`. Returns a function that ends it. The listener must not throw.
   */
  watch(listener: (messages: readonly Message[]) => void): () => void

  /**
   * Where an engine cannot announce every room: begins to announce this one, until the returned function is called.
   * Resolves when what becomes durable from now on will be announced. Appending or reading begins it too, for at least
   * a minute. Where it is missing, every room is announced.
   */
  follow?(room: string): Promise<() => void>

  /**
   * Deletes the text of a message, for good. The rest of it stays where it is, so that its place is still one to go on from
   * and its id is not stored twice. Resolves with what is left when that is durable and announced (`watchGone`), also when it
   * was deleted before; with `undefined` when no message is there.
   * @throws ChatError `log-unavailable`
   */
  remove(room: string, index: number): Promise<Message | undefined>

  /**
   * Calls the listener with what is gone from now on of what was announced before, wherever it was removed. Returns a function
   * that ends it. The listener must not throw.
   */
  watchGone(listener: (gone: readonly Gone[]) => void): () => void

  /** Makes durable what was accepted, then lets go of every resource. */
  close(): Promise<void>
}

/** A value and the revision it has; every put gives it a new one. */
export type Entry = { value: string; revision: number }

/** `expected`: the revision the caller saw, or 0 for "not there". */
export type PutOptions = { expected?: number }

export interface Store {
  get(key: string): Promise<Entry | undefined>
  /** Resolves with the new revision when durable; with `undefined`, and nothing stored, when `expected` is not what is there. */
  put(key: string, value: string, options?: PutOptions): Promise<number | undefined>
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>
  /** Keys that start with a prefix, in order. */
  list(prefix: string): Promise<string[]>
  /**
   * Calls the listener with every key under a prefix whose entry was put or deleted from now on, wherever that was done.
   * Returns a function that ends it. The listener must not throw.
   */
  watch(prefix: string, listener: (key: string) => void): () => void
}

/** Others that serve the same inboxes: threads, or servers. */
export type Peers = {
  /** Tells them that a poll on an inbox has begun here, and when, in nanoseconds of the process's monotonic clock. */
  announce(inbox: string, beganAt: bigint): void
  listen(listener: (inbox: string, beganAt: bigint) => void): void
  /** Where they are other servers: says something to all of them but this one, at most once. Where it is missing, say it another way. */
  gossip?<T>(topic: string): Gossip<T>
}

export type Gossip<T> = {
  tell(message: T): void
  listen(listener: (message: T) => void): void
}

/**
 * What to look for: messages that have all terms, of one room or of all public ones, of one uid or of all. `before`: only what stands before the place
 * that an earlier answer ended at.
 */
export type Find = {
  terms: readonly Term[]
  room: string | undefined
  uid: string | undefined
  before: number | undefined
  limit: number
}

/**
 * Newest first. `behind`: how many messages may be missing because the index has not come so far, where it can be behind.
 * `next` is the place to look on from, when there may be more; also when it has found
 * nothing so far.
 */
export type Found = { messages: Message[]; next?: number; behind?: number }

export interface Search {
  /** Everything that was acknowledged before can be found, but for what it says. It takes a bounded time, and then says where it has come to. */
  find(find: Find): Promise<Found>
}

/** `head`: the highest index that was given in a room. `floor`: its last message that is no longer kept, if there is one. */
export type Place = { room: string; head: number; floor?: Known | undefined }

/** Taking a log out of its engine, and putting it in. For one who operates it; others may read meanwhile. */
export interface Transfer {
  /** Whether `restore` keeps indexes; else they are the engine's own, in the same order. */
  readonly keepsIndexes: boolean

  /** All rooms that there are, by name. */
  rooms(): Promise<Place[]>

  /**
   * Makes durable that another log kept nothing of a room up to a message, before anything of the room is restored. Returns
   * the index of that message here.
   * @throws ChatError `log-unavailable`
   */
  restoreFloor(room: string, floor: Known): Promise<number>

  /**
   * Makes durable what another log had, as it is: ids, senders, texts, times. `messages` are in their order, and stand behind
   * all that the room has. No index up to `head` is given to others from then on, where indexes are kept. Returns the index
   * of the last one, or 0.
   * @throws ChatError `log-unavailable`; some of them may be there then, none out of order
   */
  restore(room: string, messages: readonly Message[], head: number): Promise<number>
}

export type Engine = {
  log: Log
  store: Store
  /** There where the engine can search. */
  search?: Search
  /**
   * There where a part of the log may fail alone: resolves when nothing is known to be in the way of writing to any part.
   * @throws ChatError `log-unavailable`
   */
  ready?: () => Promise<void>
  /**
   * There where several threads can use one log: each call gives a port for one other thread, to be transferred to it and
   * opened there.
   */
  share?: () => MessagePort
  /** There where the log outlives its server. */
  transfer?: Transfer
  /** There where other servers may use the same log. */
  peers?: Peers
  /**
   * There where the log lies in one file. Copies log and store to a new file, while they are in use, as they are at one
   * moment after the call: it has everything that was acknowledged before. Returns the path; the file is the caller's to delete.
   * @throws ChatError `log-unavailable`
   */
  backup?: () => Promise<string>
}
