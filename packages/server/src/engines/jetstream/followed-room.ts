/**
 * A room that is followed here: woken by republished messages, announced in order and without a gap.
 * Invariant: every message of the room after `announced` as it was when following began is announced once, in index
 * order, and no void one. A republished message is at most once, and may come from a leader that is none any more: it
 * is only taken when it is sure and the one before it on its subject was announced too; else, and when the sweep finds
 * a newer one, what is missing is read from the stream's leader.
 */
import type { Msg, Subscription } from '@nats-io/transport-node'
import { type Message, START } from '@poll-chat/protocol'
import { type Connection, type Stored, stampOf } from './connection.ts'
import { Unsettled } from './failures.ts'
import type { ShardIds } from './ids.ts'
import type { ShardNames } from './names.ts'
import { RecentIds } from './recent-ids.ts'
import type { Removed } from './removed.ts'
import { messageOf, RoomReader } from './room-reader.ts'
import type { Trust } from './trust.ts'

/** Messages read at once where some are missing. */
const GAP_MESSAGES = 100

/** How long to wait for the republished copy of a message that was just stored, in milliseconds. */
const ECHO_MS = 150

/** How soon to ask again for what a leader does not have yet, in milliseconds. */
const AGAIN_MS = 50

/** How long what is missing is not looked for elsewhere, in milliseconds, while it cannot be found where it should be. */
const LATE_MS = 1_000

/** How long what is known to be there may take until it is announced, in milliseconds, before it counts as not there. */
const CATCH_UP_MS = 3_000

/** How soon after its beginning a room is looked at for the first time: interest travels through a cluster, in milliseconds. */
const FIRST_LOOK_MS = 250

export type Announce = (messages: readonly Message[]) => void

/** What a room shares with the others of its shard. */
export type RoomsShard = { names: ShardNames; ids: ShardIds; trust: Trust; removed: Removed }

export class FollowedRoom {
  readonly room: string
  readonly names: ShardNames
  readonly subject: string
  readonly reader: RoomReader
  readonly ready: Promise<void>
  /** Who wants it to be followed on. */
  holders = 0
  usedAt = 0
  /** The index of the newest message that was announced. */
  announced = 0
  readonly #connection: Connection
  readonly #trust: Trust
  readonly #ids: ShardIds
  readonly #removed: Removed
  readonly #recent: RecentIds
  readonly #announce: Announce
  readonly #subscription: Subscription
  readonly #early: Msg[] = []
  #isReady = false
  #ended = false
  /** The highest index that is known to be there. */
  #known = 0
  #filling: Promise<void> | undefined
  #waiting: { index: number; resolve: () => void }[] = []

  constructor(room: string, connection: Connection, { names, ids, trust, removed }: RoomsShard, announce: Announce) {
    this.room = room
    this.names = names
    this.#connection = connection
    this.#trust = trust
    this.#ids = ids
    this.#removed = removed
    this.#announce = announce
    this.subject = names.room(room)
    this.reader = new RoomReader(connection, { room, stream: names.messages, subject: this.subject, removed })
    const from = ids.forgettable || ids.settled
    this.#recent = new RecentIds(connection, names.messages, { subject: this.subject, removed }, from)
    this.#subscription = connection.subscribe(names.liveRoom(room), (message) => this.#onLive(message))
    this.ready = this.#begin(from)
    this.ready.catch(() => this.end())
  }

  async #begin(from: number): Promise<void> {
    await this.#connection.flush()
    const newest = (await this.reader.newest())?.index ?? 0
    this.announced = newest > from ? await this.#recent.load(from) : newest
    this.#known = Math.max(this.#known, newest)
    this.#isReady = true
    for (const message of this.#early.splice(0)) this.#onLive(message)
    setTimeout(() => void this.look().catch(ignoreUnavailable), FIRST_LOOK_MS).unref()
  }

  #onLive(message: Msg): void {
    if (!this.#isReady) return void this.#early.push(message)
    const seq = Number(message.headers?.get('Nats-Sequence'))
    const previous = Number(message.headers?.get('Nats-Last-Sequence'))
    if (seq <= this.announced) return
    const stored = { seq, subject: message.subject, json: message.string(), ...stampOf(message.headers) }
    const isSure = this.#trust.republished(seq)
    if (!isSure || this.#filling || previous > this.announced || !this.#recent.canAdd(stored)) this.catchUpTo(seq)
    else this.#take([stored])
  }

  /** What is there by now will be announced, though no wake-up may have come. */
  async look(): Promise<void> {
    const newest = await this.reader.newest()
    if (newest) this.catchUpTo(newest.index)
  }

  /** A message is known to be there: announces what is missing up to it. */
  catchUpTo(index: number): void {
    this.#known = Math.max(this.#known, index)
    if (this.#known > this.announced) this.#filling ??= this.#fill().finally(() => (this.#filling = undefined))
  }

  /** Resolves when everything up to an index at which a message was stored has been announced. @throws Unsettled */
  reached(index: number, isSure = true): Promise<void> {
    if (this.announced >= index) return Promise.resolve()
    if (!isSure) this.catchUpTo(index)
    return new Promise((resolve, reject) => {
      const echo = setTimeout(() => this.catchUpTo(index), ECHO_MS)
      const end = setTimeout(() => reject(new Unsettled()), CATCH_UP_MS)
      const done = () => {
        clearTimeout(echo)
        clearTimeout(end)
        resolve()
      }
      this.#waiting.push({ index, resolve: done })
    })
  }

  async #fill(): Promise<void> {
    let triedAt = performance.now()
    while (this.#known > this.announced && !this.#ended) {
      try {
        const isLate = performance.now() - triedAt > LATE_MS
        if (await this.#fillOnce(this.#known, isLate)) {
          triedAt = performance.now()
          continue
        }
      } catch {
        // The cluster does not answer: a room that is followed is asked about until it does, or until it is not followed.
        if (this.#isClosed()) return this.end()
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }

  /**
   * Whether it found anything. What is sure is read from whoever is near: to ask the leader, the servers must agree on
   * one of the whole cluster, which can take them longer. What is not sure is so only if that takes too long.
   */
  async #fillOnce(known: number, isLate: boolean): Promise<boolean> {
    if (this.#trust.isSure && (await this.#takeAll(this.reader.missingNear(this.announced, GAP_MESSAGES)))) return true
    if (this.#trust.isSure && !isLate) return false
    await this.#trust.settle()
    try {
      const isThere = await this.#leaderHas(known)
      const count = await this.#takeAll(this.reader.missing(this.announced, GAP_MESSAGES))
      if (count > 0) this.#trust.confirm(this.announced)
      // What a leader that has come so far does not have was removed.
      if (isThere && count < GAP_MESSAGES) this.#take([], known)
      return count > 0
    } catch (error) {
      if (!isLate) throw error
      const count = await this.#takeAll(this.reader.missingNear(this.announced, GAP_MESSAGES))
      if (count > 0) this.#trust.confirm(this.announced)
      return count > 0
    }
  }

  async #takeAll(reading: Promise<Stored[]>): Promise<number> {
    const messages = await reading
    await this.#recent.addAll(messages)
    this.#take(messages)
    return messages.length
  }

  /** Just elected, a leader may not have applied all that was acknowledged. */
  async #leaderHas(index: number): Promise<boolean> {
    return (await this.#connection.lastSequenceOnce(this.names.messages)) >= index
  }

  /** The index of the message with an id, if it is among the newest that were announced. */
  find(key: string): number | undefined {
    return this.#recent.find(key)
  }

  /** Every id up to here can be found in the records. */
  forget(until: number): void {
    this.#recent.forget(until)
  }

  /** The message at an index, if it is one that is shown. */
  async at(index: number): Promise<Message | undefined> {
    const message = index > START.index ? await this.reader.at(index) : undefined
    if (message) await this.reached(index, false)
    return message && this.#isGiven(message) ? message : undefined
  }

  /** The newest message, of all that were acknowledged or announced here. */
  newest(): Promise<Message | undefined> {
    return this.#connection.patiently(async () => {
      const known = this.announced
      const newest = await this.reader.newest()
      const index = newest?.index ?? 0
      if (index < known && !(await this.#leaderHas(known))) throw new Unsettled()
      await this.reached(index, false)
      if (!newest || index <= this.#removed.floorAt(this.room)) return undefined
      if (!this.#isVoid(index)) return newest
      return (await this.before(index, 1, undefined)).at(-1)
    })
  }

  /** At most `limit` messages after an index, of those that have been announced. */
  async after(index: number, limit: number): Promise<Message[]> {
    const found: Message[] = []
    for (let from = index; ; ) {
      const wanted = limit - found.length
      const messages = await this.reader.after(from, wanted, this.announced)
      from = messages.at(-1)?.index ?? from
      // What cannot be announced just now may be given to nobody either.
      await this.reached(from, false).catch(ignoreUnavailable)
      found.push(...messages.filter((message) => this.#isGiven(message)))
      if (messages.length < wanted || found.length === limit || from > this.announced) return found
    }
  }

  /** The newest `limit` messages before an index, and one more if there is one; `anchor` as a reader takes it. */
  async before(end: number, limit: number, anchor: number | undefined): Promise<Message[]> {
    await this.reached(end - 1, false).catch(ignoreUnavailable)
    const messages = await this.reader.before(end, limit + this.#recent.voids + this.#ids.voids, anchor)
    return messages.filter((message) => this.#isGiven(message)).slice(-(limit + 1))
  }

  #isGiven({ index }: Message): boolean {
    return index <= this.announced && !this.#isVoid(index)
  }

  #isVoid(index: number): boolean {
    return this.#recent.isVoid(index) || this.#ids.isVoid(index)
  }

  #isClosed(): boolean {
    return this.#connection.nats.isClosed()
  }

  /** They follow one another without a gap, and their ids can be added. */
  #take(messages: readonly Stored[], until = 0): void {
    for (const message of messages) this.#recent.add(message)
    const from = this.announced
    this.announced = Math.max(from, messages.at(-1)?.seq ?? 0, until)
    const valid = messages.filter(({ seq }) => seq > from && !this.#isVoid(seq)).map(messageOf)
    const shown = this.#removed.shown(this.room, valid, from, this.announced)
    if (shown.length > 0) this.#announce(shown)
    if (this.#waiting.length === 0) return
    const there = this.#waiting.filter(({ index }) => index <= this.announced)
    this.#waiting = this.#waiting.filter(({ index }) => index > this.announced)
    for (const { resolve } of there) resolve()
  }

  end(): void {
    this.#ended = true
    this.#subscription.unsubscribe()
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }
}

const ignoreUnavailable = () => undefined
