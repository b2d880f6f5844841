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
import type { Appended, Draft, Gone, Log } from '../../log/contract.ts'
import { honour } from '../../log/honour.ts'
import { isPrivate } from '../../log/room-names.ts'
import { tombstoneOf } from '../../log/tombstone.ts'
import type { Connection } from './connection.ts'
import { Unsettled } from './failures.ts'
import type { FollowedRoom } from './followed-room.ts'
import { Following } from './following.ts'
import { idKey, shardNames, shardOf } from './names.ts'
import { VOID } from './recent-ids.ts'
import type { Removed } from './removed.ts'
import { messageOf } from './room-reader.ts'
import { scan } from './scan.ts'
import { LOOK_MS, Shard } from './shard.ts'

/** How long to wait before a message that seems not to be there is looked for once more, in milliseconds. */
const ASK_AGAIN_MS = 250

/** `at`, `deleted`: of a message that another log has had. */
type Restored = Draft & Partial<Pick<Message, 'at' | 'deleted'>>

export class JetStreamLog implements Log {
  readonly #connection: Connection
  readonly shards: readonly Shard[]
  readonly removed: Removed
  readonly #following: Following
  readonly #watchers = new Set<(messages: readonly Message[]) => void>()
  readonly #appending = new Map<string, Promise<Appended>>()
  readonly #roomsRead: { promise: Promise<RoomSummary[]> | undefined } = { promise: undefined }
  readonly #looking: NodeJS.Timeout
  #isClosing = false

  constructor(connection: Connection, prefix: string, shardCount: number, removed: Removed) {
    this.#connection = connection
    this.removed = removed
    const names = Array.from({ length: shardCount }, (_, shard) => shardNames(prefix, shard))
    this.#following = new Following({
      connection,
      shardOf: (room) => this.#shardOf(room),
      announce: (messages) => {
        for (const watcher of this.#watchers) watcher(messages)
      },
    })
    this.shards = names.map((shard) => new Shard(connection, shard, removed, () => this.#following.in(shard)))
    this.#looking = setInterval(() => this.#lookAtAll(), LOOK_MS).unref()
  }

  /** Resolves when every shard has been looked at once: messages may be stored then. */
  async begin(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.look()))
    // What a server that was stopped has begun. What fails now is done at the next start, or when it is deleted again.
    for (const message of this.removed.unfinished()) void this.#erase(message).catch(() => undefined)
  }

  async append(draft: Restored): Promise<Appended> {
    if (this.#isClosing) throw new ChatError('log-unavailable', 'The log has stopped.')
    if (this.#appending.size >= MAX_PENDING_APPENDS) {
      throw new ChatError('log-unavailable', 'The NATS cluster is not keeping up; nothing was stored.', {
        retryAfterMs: 1000,
      })
    }
    const began = performance.now()
    const key = idKey(draft.room, draft.id)
    const before = this.#appending.get(key)
    const appending = before ? before.then(toRepeated, () => this.#append(draft, key)) : this.#append(draft, key)
    this.#appending.set(key, appending)
    try {
      const appended = await appending
      this.#connection.tally.commit((performance.now() - began) / 1000, 1)
      return appended
    } finally {
      if (this.#appending.get(key) === appending) this.#appending.delete(key)
    }
  }

  async #append({ room, at = new Date().toISOString(), ...draft }: Restored, key: string): Promise<Appended> {
    const shard = this.#shardOf(room)
    const json = JSON.stringify({ id: draft.id, room, from: draft.from, text: draft.text, at, deleted: draft.deleted })
    let isUnanswered = false
    return this.#connection.patiently(async () => {
      const followed = await this.#following.follow(room)
      await shard.ids.prepare()
      const { settled } = shard.ids
      const stored = await this.#stored(shard, followed, key, draft.id)
      // What an attempt has stored that got no answer is not repeated.
      if (stored) return { message: stored, repeated: !(isUnanswered && stored.at === at) }
      const wasUnanswered = isUnanswered
      isUnanswered = true
      const seq = await this.#connection.publishOnce(followed.subject, json, { stamp: { key, since: settled } })
      await followed.reached(seq, shard.trust.acknowledged())
      const first = followed.find(key)
      if (first === seq) return { message: messageOf({ seq, json }), repeated: false }
      isUnanswered = wasUnanswered
      const message = first === undefined ? undefined : await followed.reader.at(first)
      // It was not this one that was stored there, or it was stored too late.
      if (!message) throw new Unsettled()
      return { message, repeated: !(wasUnanswered && message.at === at) }
    })
  }

  /** The message with an id, if it was sent before. */
  async #stored(shard: Shard, followed: FollowedRoom, key: string, id: string): Promise<Message | undefined> {
    const seq = followed.find(key) ?? (await shard.ids.find(key))
    const message = seq === undefined ? undefined : await followed.reader.at(seq)
    return message?.id === id ? message : undefined
  }

  async read(room: string, after: Cursor, limit: number): Promise<Batch> {
    const followed = await this.#following.follow(room)
    const [honoured, messages] = await Promise.all([this.#honour(followed, after), followed.after(after.index, limit)])
    if (after.index > followed.announced) followed.catchUpTo(after.index)
    return batchAfter(honoured, messages)
  }

  async page(room: string, limit: number, before?: Cursor): Promise<Batch> {
    const followed = await this.#following.follow(room)
    if (before) {
      const { index, check } = await this.#honour(followed, before)
      if (index === START.index) return pageOf([], false, START)
      return pageBefore(await followed.before(index, limit, check === undefined ? undefined : index), limit)
    }
    const newest = await followed.newest()
    if (!newest) return pageOf([], false, START)
    return pageBefore(await followed.before(newest.index + 1, limit, newest.index), limit)
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
    return (await Promise.all(this.shards.map((shard) => this.#newestOfEach(shard)))).flat()
  }

  async #readRooms(): Promise<RoomSummary[]> {
    return (await this.newestOfAll())
      .filter(({ room }) => !isPrivate(room))
      .sort((a, b) => (a.at === b.at ? b.index - a.index : a.at < b.at ? 1 : -1))
      .map((message) => ({ room: message.room, newest: cursorAfter(message), at: message.at }))
  }

  /** What is new may be void: only who follows the room knows. */
  async #newestOfEach({ names, ids }: Shard): Promise<Message[]> {
    const options = { subject: names.rooms, from: 1, lastOfEach: true }
    const stored = await scan(this.#connection, names.messages, options, ({ count, take }) => take(count))
    const newest = stored.map(async (one) => {
      const stored = messageOf(one)
      const message = this.removed.at(stored.room, stored.index) ?? stored
      return one.seq > ids.until || ids.isVoid(one.seq)
        ? (await this.#following.follow(message.room)).newest()
        : message
    })
    return (await Promise.all(newest)).filter((message) => message !== undefined)
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

  async remove(room: string, index: number): Promise<Message | undefined> {
    this.#connection.checkOpen()
    const message = await (await this.#following.follow(room)).at(index)
    if (!message) return undefined
    const left = tombstoneOf(message)
    if (!message.deleted) await this.removed.add(left)
    if (this.removed.isUnfinished(left)) await this.#erase(left)
    return left
  }

  /**
   * Takes the text of a message out of its stream; what is left of it is written down already. Its id keeps its record. It
   * must not be the last of its room in the stream, where NATS 2.9 would then find none: a void one is put behind it.
   */
  async #erase(message: Message): Promise<void> {
    const { ids, names } = this.#shardOf(message.room)
    const { messages } = names
    const key = idKey(message.room, message.id)
    const subject = names.room(message.room)
    await ids.record(key, message.index)
    const newest = await this.#connection.fromLeader(messages, { last_by_subj: subject })
    // One that was stored twice has the same text, and goes when another follows it.
    if (newest?.key === key) {
      const json = JSON.stringify({ ...message, index: undefined, at: new Date().toISOString() })
      await this.#connection.publish(subject, json, { stamp: { key, since: VOID } })
    }
    await this.#connection.remove(messages, message.index)
    await this.removed.finish(message)
  }

  watchGone(listener: (gone: readonly Gone[]) => void): () => void {
    return this.removed.watch(listener)
  }

  async close(): Promise<void> {
    this.#isClosing = true
    clearInterval(this.#looking)
    await Promise.allSettled(this.#appending.values())
    this.#following.close()
    this.#watchers.clear()
    this.removed.close()
    await this.#connection.close()
  }

  /** A cursor whose message is there is honoured by that alone; only of others the leader is asked for the rest. */
  async #honour({ reader }: FollowedRoom, cursor: Cursor): Promise<Cursor> {
    if (cursor.index === START.index) return START
    const at = await reader.at(cursor.index)
    if (at && (cursor.check === undefined || cursorAfter(at) === formatCursor(cursor))) {
      return honour(cursor, { newest: at, oldestIndex: at.index, idAtCursor: at.id })
    }
    // Before anybody is told that the log was exchanged: a leader that is new may not have come so far.
    if (!at) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
    const again = at ?? (await reader.at(cursor.index))
    const [newest, oldest] = await Promise.all([reader.newest(), reader.oldest()])
    return honour(cursor, { newest, oldestIndex: oldest?.index ?? 1, idAtCursor: again?.id })
  }

  #shardOf(room: string): Shard {
    const shard = this.shards[shardOf(room, this.shards.length)]
    if (!shard) throw new Error('There are no shards.')
    return shard
  }

  /** What fails now is looked at again soon. */
  #lookAtAll(): void {
    for (const shard of this.shards) shard.look().catch(() => undefined)
  }
}

const toRepeated = ({ message }: Appended) => ({ message, repeated: true })

/** `messages`: one more than the page has, if there is one. */
function pageBefore(messages: readonly Message[], limit: number): Batch {
  return pageOf(messages.slice(-limit), messages.length > limit, START)
}
