/**
 * The rooms that are followed here: woken by republished messages, announced in order and without a gap.
 * Invariant: every message of a room after `announced` as it was when following began is announced once, in index
 * order. A republished message is at most once: it is only taken when the one before it on its subject was announced
 * too; else, and when the sweep finds a newer one, what is missing is read from the stream.
 */
import type { Msg, Subscription } from '@nats-io/transport-node'
import type { Message } from '@poll-chat/protocol'
import type { Connection } from './connection.ts'
import { Unsettled } from './failures.ts'
import type { ShardNames } from './names.ts'
import { messageOf, RoomReader } from './room-reader.ts'

/** How long a room is followed that nobody uses, in milliseconds: a long poller is absent between two polls. */
const LINGER_MS = 90_000

/** How often to look for rooms that nobody uses, in milliseconds. */
const TIDY_MS = 15_000

/** Messages read at once where some are missing. */
const GAP_MESSAGES = 100

/** How long to wait for the republished copy of a message that was just stored, in milliseconds. */
const ECHO_MS = 150

/** How soon to ask again for what a leader does not have yet, in milliseconds. */
const AGAIN_MS = 50

/** How soon after its beginning a room is looked at for the first time: interest travels through a cluster, in milliseconds. */
const FIRST_LOOK_MS = 250

export type Announce = (messages: readonly Message[]) => void

export type FollowingOptions = {
  connection: Connection
  names: (room: string) => ShardNames
  announce: Announce
}

export class Following {
  readonly #options: FollowingOptions
  readonly #rooms = new Map<string, FollowedRoom>()
  readonly #tidy: NodeJS.Timeout

  constructor(options: FollowingOptions) {
    this.#options = options
    this.#tidy = setInterval(() => this.#dropIdle(), TIDY_MS).unref()
  }

  get size(): number {
    return this.#rooms.size
  }

  /** The followed rooms of one shard. */
  in(shard: ShardNames): FollowedRoom[] {
    return [...this.#rooms.values()].filter(({ names }) => names.messages === shard.messages)
  }

  find(room: string): FollowedRoom | undefined {
    return this.#rooms.get(room)
  }

  /** Follows a room; resolves when what comes from now on will be announced. */
  async follow(room: string): Promise<FollowedRoom> {
    let followed = this.#rooms.get(room)
    if (!followed) {
      const { connection, names, announce } = this.#options
      followed = new FollowedRoom(room, connection, names(room), announce)
      this.#rooms.set(room, followed)
    }
    followed.usedAt = performance.now()
    try {
      await followed.ready
    } catch (error) {
      if (this.#rooms.get(room) === followed) this.#rooms.delete(room)
      throw error
    }
    return followed
  }

  #dropIdle(): void {
    for (const [room, followed] of this.#rooms) {
      if (followed.holders > 0 || performance.now() - followed.usedAt < LINGER_MS) continue
      this.#rooms.delete(room)
      followed.end()
    }
  }

  close(): void {
    clearInterval(this.#tidy)
    for (const followed of this.#rooms.values()) followed.end()
    this.#rooms.clear()
  }
}

export class FollowedRoom {
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
  readonly #announce: Announce
  readonly #subscription: Subscription
  readonly #early: Msg[] = []
  #isReady = false
  #ended = false
  /** The highest index that is known to be there. */
  #known = 0
  #filling: Promise<void> | undefined
  #waiting: { index: number; resolve: () => void }[] = []

  constructor(room: string, connection: Connection, names: ShardNames, announce: Announce) {
    this.names = names
    this.#connection = connection
    this.#announce = announce
    this.subject = names.room(room)
    this.reader = new RoomReader(connection, names.messages, this.subject)
    this.#subscription = connection.subscribe(names.liveRoom(room), (message) => this.#onLive(message))
    this.ready = this.#begin()
    this.ready.catch(() => this.end())
  }

  async #begin(): Promise<void> {
    await this.#connection.flush()
    this.announced = (await this.reader.newest())?.index ?? 0
    this.#known = Math.max(this.#known, this.announced)
    this.#isReady = true
    for (const message of this.#early.splice(0)) this.#onLive(message)
    setTimeout(() => void this.look().catch(ignoreUnavailable), FIRST_LOOK_MS).unref()
  }

  #onLive(message: Msg): void {
    if (!this.#isReady) return void this.#early.push(message)
    const seq = Number(message.headers?.get('Nats-Sequence'))
    const previous = Number(message.headers?.get('Nats-Last-Sequence'))
    if (seq <= this.announced) return
    if (this.#filling || previous > this.announced) return this.catchUpTo(seq)
    this.#show([messageOf({ seq, subject: message.subject, json: message.string() })])
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

  /** Resolves when the message at an index that was just stored has been announced. */
  reached(index: number): Promise<void> {
    if (this.announced >= index || this.#ended) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push({ index, resolve })
      setTimeout(() => this.catchUpTo(index), ECHO_MS)
    })
  }

  async #fill(): Promise<void> {
    while (this.#known > this.announced && !this.#ended) {
      const known = this.#known
      try {
        const isThere = await this.#leaderHas(known)
        const messages = await this.reader.missing(this.announced, GAP_MESSAGES)
        this.#show(messages.filter(({ index }) => index > this.announced))
        // What a leader that has come so far does not have was removed.
        if (isThere && messages.length < GAP_MESSAGES) this.#show([], known)
        else if (messages.length === 0) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
      } catch {
        // The cluster does not answer: a room that is followed is asked about until it does, or until it is not followed.
        if (this.#isClosed()) return this.end()
      }
    }
  }

  /** Just elected, a leader may not have applied all that was acknowledged. */
  async #leaderHas(index: number): Promise<boolean> {
    return (await this.#connection.lastSequence(this.names.messages)) >= index
  }

  /** The newest message, of all that were acknowledged or announced here. */
  newest(): Promise<Message | undefined> {
    return this.#connection.patiently(async () => {
      const known = this.announced
      const newest = await this.reader.newest()
      if ((newest?.index ?? 0) < known && !(await this.#leaderHas(known))) throw new Unsettled()
      return newest
    })
  }

  #isClosed(): boolean {
    return this.#connection.nats.isClosed()
  }

  #show(messages: readonly Message[], until = 0): void {
    if (messages.length > 0) this.#announce(messages)
    this.announced = Math.max(this.announced, messages.at(-1)?.index ?? 0, until)
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
