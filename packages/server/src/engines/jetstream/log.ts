/** The contract `Log` on the streams of all shards. */
import {
  type Batch,
  ChatError,
  type Cursor,
  cursorAfter,
  formatCursor,
  MAX_PENDING_APPENDS,
  type Message,
  parseCursor,
  type RoomSummary,
  START,
} from '@poll-chat/protocol'
import { batchAfter, pageOf } from '../../log/batch.ts'
import type { Appended, Draft, Log } from '../../log/contract.ts'
import { honour } from '../../log/honour.ts'
import { isPrivate } from '../../log/room-names.ts'
import type { Connection } from './connection.ts'
import { Unsettled } from './failures.ts'
import { type FollowedRoom, Following } from './following.ts'
import { idKey, shardNames, shardOf } from './names.ts'
import { messageOf } from './room-reader.ts'
import { scan } from './scan.ts'
import { LOOK_MS, Shard } from './shard.ts'

/** How long an id that was not found may be taken as not there, in milliseconds: a node may be stopped in between. */
const LOOKUP_COUNTS_MS = 10_000

/** How long to wait before a message that seems not to be there is looked for once more, in milliseconds. */
const ASK_AGAIN_MS = 250

/** `at`, `deleted`: of a message that another log has had. */
type Restored = Draft & Partial<Pick<Message, 'at' | 'deleted'>>

export class JetStreamLog implements Log {
  readonly #connection: Connection
  readonly #shards: Shard[]
  readonly #following: Following
  readonly #watchers = new Set<(messages: readonly Message[]) => void>()
  readonly #appending = new Set<Promise<Appended>>()
  readonly #roomsRead: { promise: Promise<RoomSummary[]> | undefined } = { promise: undefined }
  readonly #looking: NodeJS.Timeout
  #isClosing = false

  constructor(connection: Connection, prefix: string, shardCount: number) {
    this.#connection = connection
    const names = Array.from({ length: shardCount }, (_, shard) => shardNames(prefix, shard))
    this.#following = new Following({
      connection,
      names: (room) => this.#shardOf(room).names,
      announce: (messages) => {
        for (const watcher of this.#watchers) watcher(messages)
      },
    })
    this.#shards = names.map((shard) => new Shard(connection, shard, () => this.#following.in(shard)))
    this.#looking = setInterval(() => this.#lookAtAll(), LOOK_MS).unref()
  }

  /** Resolves when every shard has been looked at once: messages may be stored then. */
  async begin(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.look()))
  }

  async append(draft: Restored): Promise<Appended> {
    if (this.#isClosing) throw new ChatError('log-unavailable', 'The log has stopped.')
    if (this.#appending.size >= MAX_PENDING_APPENDS) {
      throw new ChatError('log-unavailable', 'The NATS cluster is not keeping up; nothing was stored.', {
        retryAfterMs: 1000,
      })
    }
    const began = performance.now()
    const appending = this.#append(draft)
    this.#appending.add(appending)
    try {
      const appended = await appending
      this.#connection.tally.commit((performance.now() - began) / 1000, 1)
      return appended
    } finally {
      this.#appending.delete(appending)
    }
  }

  async #append({ room, at = new Date().toISOString(), ...draft }: Restored): Promise<Appended> {
    const shard = this.#shardOf(room)
    const followed = await this.#following.follow(room)
    const json = JSON.stringify({ id: draft.id, room, from: draft.from, text: draft.text, at, deleted: draft.deleted })
    const key = idKey(room, draft.id)
    const appended = await this.#connection.patiently(async (attempt) => {
      const stored = await this.#stored(shard, followed, key, draft.id)
      if (stored) return { message: stored, repeated: true }
      const { seq, duplicate } = await this.#connection.publishOnce(followed.subject, json, { msgId: key })
      if (!duplicate) return { message: messageOf({ seq, subject: followed.subject, json }), repeated: false }
      const message = await followed.reader.at(seq, true)
      if (message?.id !== draft.id) throw new Unsettled()
      // What an attempt has stored that got no answer is not repeated.
      return { message, repeated: attempt === 1 || message.at !== at }
    })
    await followed.reached(appended.message.index)
    return appended
  }

  /** The message with an id, if it was sent before. What was found counts only for a moment. */
  async #stored(shard: Shard, { reader }: FollowedRoom, key: string, id: string): Promise<Message | undefined> {
    const askedAt = performance.now()
    shard.ids.checkComplete()
    const seq = await shard.ids.find(key)
    const message = seq === undefined ? undefined : await reader.at(seq, true)
    if (performance.now() - askedAt > LOOKUP_COUNTS_MS) throw new Unsettled()
    return message?.id === id ? message : undefined
  }

  async read(room: string, after: Cursor, limit: number): Promise<Batch> {
    const followed = await this.#following.follow(room)
    const [honoured, messages] = await Promise.all([
      this.#honour(followed, after),
      followed.reader.after(after.index, limit, followed.announced),
    ])
    if (after.index > followed.announced) followed.catchUpTo(after.index)
    return batchAfter(honoured, messages)
  }

  async page(room: string, limit: number, before?: Cursor): Promise<Batch> {
    const followed = await this.#following.follow(room)
    const { reader } = followed
    if (before) {
      const { index, check } = await this.#honour(followed, before)
      if (index === START.index) return pageOf([], false, START)
      return pageBefore(await reader.before(index, limit, check === undefined ? undefined : index), limit)
    }
    const newest = await followed.newest()
    if (!newest) return pageOf([], false, START)
    return pageBefore(await reader.before(newest.index + 1, limit, newest.index), limit)
  }

  async head(room: string): Promise<Cursor> {
    const newest = await (await this.#following.follow(room)).newest()
    return (newest && parseCursor(cursorAfter(newest))) ?? START
  }

  async rooms(limit: number): Promise<RoomSummary[]> {
    this.#connection.checkOpen()
    this.#roomsRead.promise ??= this.#readRooms().finally(() => {
      this.#roomsRead.promise = undefined
    })
    return (await this.#roomsRead.promise).slice(0, limit)
  }

  /** The newest message of each room that there is. */
  async newestOfAll(): Promise<Message[]> {
    const newest = await Promise.all(
      this.#shards.map(({ names }) =>
        scan(this.#connection, names.messages, { subject: names.rooms, from: 1, lastOfEach: true }, ({ count, take }) =>
          take(count),
        ),
      ),
    )
    return newest.flat().map(messageOf)
  }

  async #readRooms(): Promise<RoomSummary[]> {
    return (await this.newestOfAll())
      .filter(({ room }) => !isPrivate(room))
      .sort((a, b) => (a.at === b.at ? b.index - a.index : a.at < b.at ? 1 : -1))
      .map((message) => ({ room: message.room, newest: cursorAfter(message), at: message.at }))
  }

  watch(listener: (messages: readonly Message[]) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  async follow(room: string): Promise<() => void> {
    const followed = await this.#following.follow(room)
    followed.holders++
    return () => {
      followed.holders--
      followed.usedAt = performance.now()
    }
  }

  async remove(): Promise<Message | undefined> {
    throw new ChatError('not-supported', 'NATS JetStream deletes no single messages.')
  }

  /** Nothing ever is. */
  watchGone(): () => void {
    return () => undefined
  }

  async close(): Promise<void> {
    this.#isClosing = true
    clearInterval(this.#looking)
    await Promise.allSettled(this.#appending)
    this.#following.close()
    this.#watchers.clear()
    await this.#connection.close()
  }

  /** A cursor whose message is there is honoured by that alone; only of others the leader is asked for the rest. */
  async #honour({ reader }: FollowedRoom, cursor: Cursor): Promise<Cursor> {
    if (cursor.index === START.index) return START
    const at = await reader.at(cursor.index, true)
    if (at && (cursor.check === undefined || cursorAfter(at) === formatCursor(cursor))) {
      return honour(cursor, { newest: at, oldestIndex: at.index, idAtCursor: at.id })
    }
    // Before anybody is told that the log was exchanged: a leader that is new may not have come so far.
    if (!at) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
    const again = at ?? (await reader.at(cursor.index, true))
    const [newest, oldest] = await Promise.all([reader.newest(), reader.oldest()])
    return honour(cursor, { newest, oldestIndex: oldest?.index ?? 1, idAtCursor: again?.id })
  }

  #shardOf(room: string): Shard {
    const shard = this.#shards[shardOf(room, this.#shards.length)]
    if (!shard) throw new Error('There are no shards.')
    return shard
  }

  /** What fails now is looked at again soon. */
  #lookAtAll(): void {
    for (const shard of this.#shards) shard.look().catch(() => undefined)
  }
}

/** `messages`: one more than the page has, if there is one. */
function pageBefore(messages: readonly Message[], limit: number): Batch {
  return pageOf(messages.slice(-limit), messages.length > limit, START)
}
