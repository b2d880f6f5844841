/**
 * Takes away what is not kept any more, from the oldest on. JetStream could by itself, but would tell nobody up to where.
 * Invariant: what is left of a message is where its id is looked up, and its room's floor has risen above it, before it
 * goes out of its stream. Whoever does not finish leaves messages below the floor, which the next look at their room takes
 * away. Nodes may look at one room at once: a floor never sinks, and what is gone can be taken away twice.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Message } from '@poll-chat/protocol'
import type { Retention } from '../../log/contract.ts'
import { sweepMs } from '../../log/retention.ts'
import { tombstoneOf } from '../../log/tombstone.ts'
import type { Connection } from './connection.ts'
import { inTurns } from './in-turns.ts'
import { idKey, type TrimmedNames } from './names.ts'
import type { Removed } from './removed.ts'
import { messageOf } from './room-reader.ts'
import { scan } from './scan.ts'
import type { Shard } from './shard.ts'

/** How long to wait between two rounds, in milliseconds. */
const ROUND_MS = 500

/** Rooms looked at in one round, and messages that are taken away from each. */
const ROOMS = 50
const MESSAGES = 2_000

/** How long the other nodes have to hear of a floor before what is below goes, in milliseconds. */
const HEARD_MS = 1_000

export type TrimmerOptions = {
  connection: Connection
  shards: readonly Shard[]
  shardOf: (room: string) => Shard
  removed: Removed
  trimmed: TrimmedNames
  retention: Retention
}

/**
 * What goes: of `shard`, all of a room's subject up to a sequence. `messages`: what is left of those of them that somebody
 * could see.
 */
type Due = { room: string; shard: Shard; upTo: number; messages: Message[]; deleted: Message[] }

export class Trimmer {
  readonly #options: TrimmerOptions
  readonly #ageMs: number
  readonly #count: number
  readonly #touched = new Set<string>()
  readonly #sweepMs: number
  #sweptAt = Number.NEGATIVE_INFINITY
  #ended = false

  constructor(options: TrimmerOptions) {
    const { ageMs = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY } = options.retention
    this.#options = options
    this.#ageMs = ageMs
    this.#count = count
    this.#sweepMs = sweepMs(options.retention)
    void this.#run()
  }

  /** Something was appended to a room. */
  touch(room: string): void {
    if (this.#count < Number.POSITIVE_INFINITY) this.#touched.add(room)
  }

  end(): void {
    this.#ended = true
  }

  /** What fails now is looked at again soon. */
  async #run(): Promise<void> {
    while (!this.#ended) {
      await pause(ROUND_MS, undefined, { ref: false })
      await this.#sweep().catch(ignoreUnavailable)
      const rooms = [...this.#touched].slice(0, ROOMS)
      const due: Due[] = []
      for (const room of rooms) {
        this.#touched.delete(room)
        const one = await this.#raise(room).catch(() => void this.#touched.add(room))
        if (one) due.push(one)
      }
      if (due.length === 0) continue
      await pause(HEARD_MS, undefined, { ref: false })
      for (const one of due) await this.#take(one).catch(() => this.#touched.add(one.room))
    }
  }

  /** Looks at all rooms, if no other node with the same rules has done so lately. */
  async #sweep(): Promise<void> {
    if (performance.now() - this.#sweptAt < this.#sweepMs) return
    this.#sweptAt = performance.now()
    const { connection, shards, removed } = this.#options
    if (!(await removed.isTurn(`${this.#ageMs}-${this.#count}`, this.#sweepMs / 2))) return
    for (const { names } of shards) {
      const { state } = await connection.patiently(() =>
        connection.manager.streams.info(names.messages, { subjects_filter: names.rooms }),
      )
      await inTurns(Object.entries(state.subjects ?? {}), async ([subject, count]) => {
        if (count > this.#count || (await this.#isOld(names.messages, subject)))
          this.#touched.add(names.roomOf(subject))
      })
    }
  }

  async #isOld(stream: string, subject: string): Promise<boolean> {
    if (this.#ageMs === Number.POSITIVE_INFINITY) return false
    const oldest = await this.#options.connection.fromAny(stream, { next_by_subj: subject, seq: 1 })
    return oldest !== undefined && this.#isTooOld(messageOf(oldest))
  }

  #isTooOld({ at }: Message): boolean {
    return Date.parse(at) < Date.now() - this.#ageMs
  }

  /** Puts the floor of a room behind what is to go. Resolves with that, if there is any. */
  async #raise(room: string): Promise<Due | undefined> {
    const { shardOf, removed } = this.#options
    const shard = shardOf(room)
    const due = await this.#find(room, shard)
    const last = due?.messages.at(-1)
    if (due && last) {
      await this.#leave(due.messages)
      await removed.raise(room, { index: last.index, id: last.id })
    }
    return due
  }

  /** The oldest messages that are to go. Of those without records of their ids it is not certain yet which are void. */
  #find(room: string, shard: Shard): Promise<Due | undefined> {
    const { connection, removed } = this.#options
    const { ids, names } = shard
    return scan(connection, names.messages, { subject: names.room(room), from: 1 }, async ({ count, take }) => {
      // Void ones that are counted too let a few more be kept for a moment, never fewer.
      const excess = count - ids.voids + removed.holes(room) - this.#count
      const [first] = await take(1)
      if (!first || !(excess > 0 || first.seq <= removed.floorAt(room) || this.#isTooOld(messageOf(first))))
        return undefined
      const oldest = [first, ...(await take(MESSAGES - 1))]
      const batch = oldest.filter(({ seq }) => seq <= ids.until)
      if (batch.length < oldest.length) this.#touched.add(room) // for when it is
      const last = batch.at(-1)
      if (!last) return undefined
      const valid = batch.filter(({ seq }) => !ids.isVoid(seq)).map(messageOf)
      const shown = removed.shown(room, valid, 0, last.seq)
      const below = batch.filter(({ seq }) => seq <= removed.floorAt(room)).length
      const kept = shown.find((message, place) => place >= excess - below && !this.#isTooOld(message))
      const upTo = kept ? kept.index - 1 : last.seq
      if (!batch.some(({ seq }) => seq <= upTo)) return undefined
      const messages = shown.filter(({ index }) => index <= upTo).map(tombstoneOf)
      const deleted = messages.filter(({ index }) => removed.at(room, index))
      return { room, shard, upTo, messages, deleted }
    })
  }

  /** What is left of messages, where whoever sends one of them again finds it for a while. */
  async #leave(messages: readonly Message[]): Promise<void> {
    const { connection, trimmed } = this.#options
    await inTurns(messages, async (message) => {
      const key = idKey(message.room, message.id)
      await connection.publish(trimmed.id(key), JSON.stringify(message))
    })
  }

  async #take({ room, shard, upTo, messages, deleted }: Due): Promise<void> {
    const { connection, removed } = this.#options
    const { ids, names } = shard
    await inTurns(messages, ({ id, index }) => ids.forgetRecord(idKey(room, id), index))
    await removed.forget(deleted)
    const purge = { filter: names.room(room), seq: upTo + 1 }
    await connection.patiently(() => connection.manager.streams.purge(names.messages, purge))
    this.#touched.add(room) // there may be more
  }
}

const ignoreUnavailable = () => undefined
