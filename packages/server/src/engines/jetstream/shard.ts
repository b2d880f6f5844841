/** One shard: what is done for it all the time, whoever sends or reads. */
import type { Connection } from './connection.ts'
import type { FollowedRoom } from './followed-room.ts'
import { ShardIds } from './ids.ts'
import { inTurns } from './in-turns.ts'
import type { ShardNames } from './names.ts'
import type { Removed } from './removed.ts'
import { Trust } from './trust.ts'

/** How often to look at a shard, in milliseconds. What a lost wake-up missed is found at the second look. */
export const LOOK_MS = 750

/**
 * How long a message that could not be stored says that none can, in milliseconds: whoever asks may send no others here
 * until we say otherwise.
 */
const FAULT_MS = 10_000

/** How long an answer of the leader says that there is one, and how long it may take, in milliseconds. */
const PROBE_MS = 2_000

export class Shard {
  readonly names: ShardNames
  readonly ids: ShardIds
  /** In the leader of the stream of messages. */
  readonly trust: Trust
  readonly removed: Removed
  readonly #connection: Connection
  readonly #followed: () => FollowedRoom[]
  /** The stream's last sequence at the last look. */
  last = 0
  /** Up to where lost wake-ups have been looked for. */
  #sweptTo: number | undefined
  #looking: Promise<void> | undefined
  /** Why the last message could not be stored, and when. */
  #fault: { error: unknown; at: number } | undefined
  #probe: { answer: Promise<number>; at: number } | undefined

  constructor(connection: Connection, names: ShardNames, removed: Removed, followed: () => FollowedRoom[]) {
    this.#connection = connection
    this.names = names
    this.removed = removed
    this.#followed = followed
    this.trust = new Trust(connection.isCluster)
    this.ids = new ShardIds(connection, names, new Trust(connection.isCluster), removed)
  }

  /** What became of a message that was to be stored. */
  note(error?: unknown): void {
    this.#fault = error === undefined ? undefined : { error, at: performance.now() }
  }

  /** @throws what was in the way of the last message, or the leader not answering */
  async ready(): Promise<void> {
    const now = performance.now()
    if (this.#fault && now - this.#fault.at < FAULT_MS) throw this.#fault.error
    if (!this.#probe || now - this.#probe.at > PROBE_MS)
      this.#probe = { answer: this.#connection.patiently(() => this.#lastAtLeader(), PROBE_MS), at: now }
    await this.#probe.answer
  }

  #lastAtLeader(): Promise<number> {
    return this.#connection.lastSequenceOnce(this.names.messages)
  }

  /** One look at a time. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async #look(): Promise<void> {
    const newest = await this.#connection.fromAny(this.names.messages, { last_by_subj: this.names.rooms })
    // In a stream that has nothing any more, what is known to have been there counts.
    const last = newest?.seq ?? this.ids.until
    // Up to where it was the last time: replicas have that by now.
    await Promise.all([this.ids.look(last), this.#sweep(this.last)])
    this.last = last
    for (const room of this.#followed()) room.forget(this.ids.forgettable)
  }

  /** Finds, for each followed room, what may have been stored without a wake-up. The cheaper of two ways to do so. */
  async #sweep(last: number): Promise<void> {
    const rooms = this.#followed()
    const from = this.#sweptTo ?? last
    this.#sweptTo = last
    const stored = last - from
    if (stored <= 0 || rooms.length === 0) return
    if (stored > rooms.length) return inTurns(rooms, (room) => this.#lookAt(room))
    const bySubject = new Map(rooms.map((room) => [room.subject, room]))
    const sequences = Array.from({ length: stored }, (_, place) => from + 1 + place)
    await inTurns(sequences, async (seq) => {
      const found = await this.#connection.fromAny(this.names.messages, { seq })
      if (found) bySubject.get(found.subject)?.catchUpTo(found.seq)
    })
  }

  async #lookAt(room: FollowedRoom): Promise<void> {
    const newest = await this.#connection.fromAny(this.names.messages, { last_by_subj: room.subject })
    if (newest) room.catchUpTo(newest.seq)
  }
}
