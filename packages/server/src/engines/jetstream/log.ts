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
  type Sender,
  START,
} from '@poll-chat/protocol'
import { asTrimmed, batchAfter, fill, pageOf } from '../../log/batch.ts'
import type { Appended, Draft, Gone, Log, Retention } from '../../log/contract.ts'
import { honour, type Known } from '../../log/honour.ts'
import { isPrivate } from '../../log/room-names.ts'
import { tombstoneOf } from '../../log/tombstone.ts'
import type { Connection } from './connection.ts'
import { Unsettled } from './failures.ts'
import type { FollowedRoom } from './followed-room.ts'
import { Following } from './following.ts'
import { idKey, shardNames, shardOf, type TrimmedNames, trimmedNames } from './names.ts'
import { VOID } from './recent-ids.ts'
import type { Removed } from './removed.ts'
import { messageOf } from './room-reader.ts'
import { scan } from './scan.ts'
import { LOOK_MS, Shard } from './shard.ts'
import { Trimmer } from './trimmer.ts'

/** How long to wait before a message that seems not to be there is looked for once more, in milliseconds. */
const ASK_AGAIN_MS = 250

/** Who sends what is shown to nobody. */
const NOBODY: Sender = { uid: 'nobody', verified: false }

/** `at`, `deleted`: of a message that another log has had. */
export type JetStreamLogOptions = {
  connection: Connection
  prefix: string
  shardCount: number
  removed: Removed
  retention: Retention | undefined
}

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
  readonly #trimmed: TrimmedNames
  readonly #trimmer: Trimmer | undefined
  #isClosing = false

  constructor({ connection, prefix, shardCount, removed, retention }: JetStreamLogOptions) {
    this.#connection = connection
    this.removed = removed
    this.#trimmed = trimmedNames(prefix)
    const names = Array.from({ length: shardCount }, (_, shard) => shardNames(prefix, shard))
    this.#following = new Following({
      connection,
      shardOf: (room) => this.#shardOf(room),
      announce: (messages) => {
        for (const watcher of this.#watchers) watcher(messages)
      },
    })
    this.shards = names.map((shard) => new Shard(connection, shard, removed, () => this.#following.in(shard)))
    const { shards } = this
    const trimming = {
      connection,
      shards,
      shardOf: (room: string) => this.#shardOf(room),
      removed,
      trimmed: this.#trimmed,
    }
    this.#trimmer = retention && new Trimmer({ ...trimming, retention })
    this.#looking = setInterval(() => this.#lookAtAll(), LOOK_MS).unref()
  }

  /** Resolves when every shard has been looked at once: messages may be stored then. */
  async begin(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.look()))
    // What a server that was stopped has begun. What fails now is done at the next start, or when it is deleted again.
    for (const message of this.removed.unfinished()) void this.#erase(message).catch(() => undefined)
  }

  /** @throws ChatError `log-unavailable` when one of the shards is known to store nothing */
  async ready(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.ready()))
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
      this.#shardOf(draft.room).note()
      if (!appended.repeated) this.#trimmer?.touch(draft.room)
      this.#connection.tally.commit((performance.now() - began) / 1000, 1)
      return appended
    } catch (error) {
      this.#shardOf(draft.room).note(error)
      throw error
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
      const message = first === undefined ? undefined : await followed.reader.withId(draft.id, first)
      // It was not this one that was stored there, or it was stored too late.
      if (!message) throw new Unsettled()
      return { message, repeated: !(wasUnanswered && message.at === at) }
    })
  }

  /** The message with an id, if it was sent before. */
  async #stored(shard: Shard, followed: FollowedRoom, key: string, id: string): Promise<Message | undefined> {
    const seq = followed.find(key) ?? (await shard.ids.find(key))
    const message = seq === undefined ? undefined : await followed.reader.withId(id, seq)
    if (message) return message
    if (!this.removed.floor(followed.room)) return undefined
    const trimmed = await this.#connection.fromAny(this.#trimmed.stream, { last_by_subj: this.#trimmed.id(key) })
    return trimmed && JSON.parse(trimmed.json)
  }

  async read(room: string, after: Cursor, limit: number): Promise<Batch> {
    const followed = await this.#following.follow(room)
    const floor = this.removed.floor(room)
    const [honoured, messages] = await Promise.all([this.#honour(followed, after), followed.after(after.index, limit)])
    // It has risen meanwhile: what lies between may have been neither read nor missed.
    if (this.removed.floor(room) !== floor) return this.read(room, after, limit)
    if (after.index > followed.announced) followed.catchUpTo(after.index)
    const isTrimmed = after.index === START.index && floor !== undefined
    // Where all is gone, its end is a place that can be checked, as 0 is not.
    const place = isTrimmed && messages.length === 0 ? placeOf(floor) : honoured
    return asTrimmed(batchAfter(place, fill(messages, limit).messages), isTrimmed)
  }

  async page(room: string, limit: number, before?: Cursor): Promise<Batch> {
    const followed = await this.#following.follow(room)
    if (before) {
      const { index, check } = await this.#honour(followed, before)
      if (index === START.index) return this.#pageBefore(room, [], limit)
      const messages = await followed.before(index, limit, check === undefined ? undefined : index)
      return this.#pageBefore(room, messages, limit)
    }
    const newest = await followed.newest()
    if (!newest) return this.#pageBefore(room, [], limit, placeOf(this.removed.floor(room)))
    return this.#pageBefore(room, await followed.before(newest.index + 1, limit, newest.index), limit)
  }

  /** `messages`: one more than the page has, if there is one. `empty`: the place of a page without any. */
  #pageBefore(room: string, messages: readonly Message[], limit: number, empty: Cursor = START): Batch {
    const page = fill(messages.toReversed(), limit)
    const isTrimmed = !page.more && this.removed.floor(room) !== undefined
    return asTrimmed(pageOf(page.messages.reverse(), page.more, empty), isTrimmed)
  }

  async head(room: string): Promise<Cursor> {
    const newest = await (await this.#following.follow(room)).newest()
    return placeOf(newest ?? this.removed.floor(room))
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
    const all = (await Promise.all(newest)).filter((message) => message !== undefined)
    return all.filter(({ room, index }) => index > this.removed.floorAt(room))
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
    if (newest?.key === key) await this.#publishVoid(message.room, message.id)
    await this.#connection.remove(messages, message.index)
    await this.removed.finish(message)
  }

  /** Puts the floor of a room at an index of its own. Returns it; that which is there, if it is the same. */
  async restoreFloor(room: string, id: string): Promise<number> {
    const there = this.removed.floor(room)
    if (there?.id === id) return there.index
    const index = await this.#publishVoid(room, id)
    await this.removed.raise(room, { index, id })
    return index
  }

  /** Stores what has the next index of a room and is shown to nobody. */
  #publishVoid(room: string, id: string): Promise<number> {
    const json = JSON.stringify({ id, room, from: NOBODY, text: '', at: new Date().toISOString(), deleted: true })
    const stamp = { key: idKey(room, id), since: VOID }
    return this.#connection.publish(this.#shardOf(room).names.room(room), json, { stamp })
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
    this.#trimmer?.end()
    this.removed.close()
    await this.#connection.close()
  }

  /** A cursor whose message is there is honoured by that alone; only of others the leader is asked for the rest. */
  async #honour({ room, reader }: FollowedRoom, cursor: Cursor): Promise<Cursor> {
    if (cursor.index === START.index) return START
    const isAtFloor = cursor.index === this.removed.floorAt(room)
    const at = isAtFloor ? this.removed.floor(room) : await reader.at(cursor.index)
    if (at && (cursor.check === undefined || cursorAfter(at) === formatCursor(cursor))) {
      return honour(cursor, { newest: at, oldestIndex: at.index, idAtCursor: at.id })
    }
    // Before anybody is told that the log was exchanged: a leader that is new may not have come so far.
    const isAfterFloor = cursor.index > this.removed.floorAt(room)
    if (!at && isAfterFloor) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
    const again = at ?? (await reader.at(cursor.index))
    const [newest, oldest] = await Promise.all([reader.newest(), reader.oldest()])
    const floor = this.removed.floor(room)
    const isKept = newest && newest.index > (floor?.index ?? 0)
    return honour(cursor, {
      newest: isKept ? newest : undefined,
      oldestIndex: floor ? floor.index + 1 : (oldest?.index ?? 1),
      floor,
      idAtCursor: again?.id,
    })
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

/** The cursor of a message; `0` where there is none. */
function placeOf(known: Known | undefined): Cursor {
  return (known && parseCursor(cursorAfter(known))) ?? START
}
