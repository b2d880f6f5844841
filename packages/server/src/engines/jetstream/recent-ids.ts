/**
 * The ids of the newest messages of a room, or of a shard: who sees that a message was stored twice. NATS is not asked
 * to: its own check for repeated messages makes the replicas of a stream differ when a leader is cut off (2.9 and 2.10).
 *
 * Every message bears the key of its id and `since`: up to this index of the stream its sender knew that the id was not
 * there. So whether it is the first with its id can be seen from what lies between the two, and everybody who looks
 * sees the same: of several the first is the message, the others are void. A void one is shown to nobody, and removed
 * by the node that writes the records of ids. One that was stored long after its sender looked (a server was stopped
 * with it) is void as well. A message that was deleted is still the first with its id.
 * Invariant: the key of every message after `#from` that was added is here.
 */
import type { Connection, Stored } from './connection.ts'
import type { Removed } from './removed.ts'
import { scan } from './scan.ts'

/** How far from where its sender looked a message may be stored, in messages of the stream. */
export const MAX_DISTANCE = 1_000_000

/** Messages looked at in one request. */
const BATCH = 500

/** Stored by nobody who has looked: a message that bears it as `since` is void. */
export const VOID = -MAX_DISTANCE - 1

/** `subject`: one that may have wildcards. */
export type RecentOf = { subject: string; removed: Removed }

export class RecentIds {
  readonly #connection: Connection
  readonly #stream: string
  readonly #subject: string
  readonly #removed: Removed
  readonly #places = new Map<string, number>()
  readonly #voids = new Set<number>()
  #from: number

  /** `from`: what is after this index will be added. */
  constructor(connection: Connection, stream: string, { subject, removed }: RecentOf, from: number) {
    this.#connection = connection
    this.#stream = stream
    this.#subject = subject
    this.#removed = removed
    this.#from = from
  }

  /** The index of the message with a key. */
  find(key: string): number | undefined {
    return this.#places.get(key) ?? this.#removed.find(key)
  }

  isVoid(index: number): boolean {
    return this.#voids.has(index)
  }

  /** How many void messages may still be in the stream. */
  get voids(): number {
    return this.#voids.size
  }

  /** Whether a message can be added at once. */
  canAdd({ seq, since, key }: Stored): boolean {
    return since >= this.#from || key === '' || seq - since > MAX_DISTANCE
  }

  /** Adds messages in the order of the stream; whether each is one, and not void. */
  async addAll(messages: readonly Stored[]): Promise<void> {
    for (const message of messages) {
      if (!this.canAdd(message)) await this.#reachBack(message.since)
      this.add(message)
    }
  }

  add({ seq, key, since }: Stored): void {
    // One that was not stored by us.
    if (key === '') return
    const first = this.find(key)
    if (first === seq || this.#voids.has(seq)) return
    if (first !== undefined || seq - since > MAX_DISTANCE) this.#voids.add(seq)
    else this.#places.set(key, seq)
  }

  /** Adds what is stored after a place already, as far as the replica that answers has it; resolves with the last index. */
  async load(after: number): Promise<number> {
    let last = after
    await scan(this.#connection, this.#stream, this.#question(after), async ({ count, take }) => {
      for (let left = count; left > 0; left -= BATCH) {
        const batch = await take(BATCH)
        await this.addAll(batch)
        last = batch.at(-1)?.seq ?? last
        if (batch.length < Math.min(left, BATCH)) return
      }
    })
    return last
  }

  /** What is older than what was kept: of several alike the first counts. */
  async #reachBack(since: number): Promise<void> {
    const older = new Map<string, number>()
    await scan(this.#connection, this.#stream, this.#question(since), async ({ count, take }) => {
      for (let left = count; left > 0; left -= BATCH) {
        for (const { seq, key } of await take(BATCH)) {
          if (seq > this.#from) return
          if (!older.has(key)) older.set(key, seq)
        }
      }
    })
    for (const [key, seq] of older) if (!this.#places.has(key)) this.#places.set(key, seq)
    this.#from = since
  }

  #question(after: number) {
    return { subject: this.#subject, from: after + 1, headersOnly: true }
  }

  /** What is up to here is not asked about any more. */
  forget(until: number): void {
    this.#from = Math.max(this.#from, until)
    for (const [key, seq] of this.#places) {
      if (seq > until) break
      this.#places.delete(key)
    }
    for (const seq of this.#voids) if (seq <= until) this.#voids.delete(seq)
  }
}
