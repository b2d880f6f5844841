/**
 * Which ids were sent to the rooms of a shard, for as long as their messages are kept: a stream with a record an id,
 * whose payload is the message's sequence. The newest messages have none yet: their ids are in `RecentIds`.
 * Invariant: every id of a message up to `settled` has a record that whoever is asked finds. An id is looked up before each
 * attempt to store it, and what `settled` was then is stored with the message. The records are written from the
 * messages, in the order of the stream, by one node at a time; before it says that it has come so far, it removes the
 * void messages that it met, or says which are still there: the last message of a room is not removed, since NATS 2.9
 * then says that there is none.
 */
import { ChatError } from '@poll-chat/protocol'
import type { Connection, Stored } from './connection.ts'
import { isWrongLastSequence } from './failures.ts'
import type { ShardNames } from './names.ts'
import { MAX_DISTANCE, RecentIds } from './recent-ids.ts'
import type { Removed } from './removed.ts'
import { scan } from './scan.ts'
import type { Trust } from './trust.ts'

/**
 * How long ago records must have been found written for an id without one to count as not sent, in milliseconds: so far
 * the servers that answer may be behind one another.
 */
const SETTLED_MS = 30_000

/** How long the newest ids are kept beyond that, in milliseconds: what other nodes took for settled may be older. */
const KEPT_MS = 30_000

/** Messages given records at once. */
const BATCH = 500

/** How long the node that writes the records may do nothing before another one does, in milliseconds. */
const TAKE_OVER_MS = 4_000

/** How far the records go, and which messages up to there are void. */
type Progress = { until: number; voids: number[] }

export class ShardIds {
  readonly #connection: Connection
  readonly #names: ShardNames
  readonly #trust: Trust
  readonly #removed: Removed
  /** How far the records went at some moments, oldest first. */
  #marks: { until: number; at: number }[] = []
  #last = 0
  /** Which connection they are of. */
  #server = 0
  #seen: { revision: number; at: number } = { revision: 0, at: Number.NEGATIVE_INFINITY }
  #mine: number | undefined
  #voids: ReadonlySet<number> = new Set()
  #recent: RecentIds | undefined
  #writing: Promise<void> | undefined

  /** `trust`: in the leader of the stream of records. */
  constructor(connection: Connection, names: ShardNames, trust: Trust, removed: Removed) {
    this.#connection = connection
    this.#names = names
    this.#trust = trust
    this.#removed = removed
  }

  /** Whether a message up to `until` is void, and still there. */
  isVoid(index: number): boolean {
    return this.#voids.has(index)
  }

  get voids(): number {
    return this.#voids.size
  }

  /** Up to where all messages have records, and none is void but those that are known. */
  get until(): number {
    return this.#marks.at(-1)?.until ?? 0
  }

  /** Up to where an id that has no record was not sent. A node that has just started takes what it found. */
  get settled(): number {
    return this.#untilBefore(SETTLED_MS) ?? this.#marks[0]?.until ?? 0
  }

  /** Up to where nobody asks which ids there are; 0 as long as that is not known. */
  get forgettable(): number {
    return this.#untilBefore(SETTLED_MS + KEPT_MS) ?? 0
  }

  #untilBefore(ageMs: number): number | undefined {
    const at = performance.now() - ageMs
    return this.#marks.findLast((mark) => mark.at <= at)?.until
  }

  /** The sequence of the message with an id, as far as there are records. */
  async find(key: string): Promise<number | undefined> {
    const found = await this.#connection.fromAny(this.#names.ids, { last_by_subj: this.#names.id(key) })
    return found && Number(found.json)
  }

  /** Writes the record of one, which is then there also when its message is not. */
  async record(key: string, seq: number): Promise<void> {
    await this.#connection.publish(this.#names.id(key), `${seq}`)
  }

  /** Takes the record of a message away, unless its id is another message's by now. */
  async forgetRecord(key: string, seq: number): Promise<void> {
    const record = await this.#connection.fromAny(this.#names.ids, { last_by_subj: this.#names.id(key) })
    if (record && Number(record.json) === seq)
      await this.#connection.patiently(() =>
        this.#connection.manager.streams.deleteMessage(this.#names.ids, record.seq, false),
      )
  }

  /** Before an id is looked up. @throws ChatError `log-unavailable` while what is stored would be too far from what is settled */
  async prepare(): Promise<void> {
    if (this.#server !== this.#connection.server) await this.look(this.#last)
    if (this.#marks.length > 0 && this.#last - this.settled < MAX_DISTANCE / 2) return
    throw new ChatError('log-unavailable', 'The ids of the newest messages are still being collected.', {
      retryAfterMs: 1000,
    })
  }

  /** Looks how far the records go, writes those that are missing if nobody else does. `last`: the stream's sequence. */
  async look(last: number): Promise<void> {
    const now = performance.now()
    const { server } = this.#connection
    const record = await this.#connection.fromAny(this.#names.ids, { last_by_subj: this.#names.idsUntil })
    const { until, voids }: Progress = record ? JSON.parse(record.json) : { until: 0, voids: [] }
    const revision = record?.seq ?? 0
    if (revision !== this.#seen.revision) this.#seen = { revision, at: now }
    this.#last = last
    // Whom we ask now may know less, or have another stream: only what is said from now on counts.
    if (server !== this.#server || last < this.until) this.#marks = []
    this.#server = server
    this.#voids = new Set(voids)
    this.#note(until)
    this.#recent?.forget(this.forgettable)
    if (until >= last) return
    const nobodyDoes = now - this.#seen.at > TAKE_OVER_MS
    if (this.#writing) return
    if (revision === (this.#mine ?? 0) || nobodyDoes) this.#writing = this.#writeOn(until, revision)
    else this.#recent = undefined
  }

  /** What fails now is written after another look. */
  async #writeOn(until: number, revision: number): Promise<void> {
    try {
      await this.#write(until, revision)
    } catch {
      this.#mine = undefined
    } finally {
      this.#writing = undefined
    }
  }

  /** The records go up to here. */
  #note(until: number): void {
    this.#marks.push({ until: Math.max(until, this.until), at: performance.now() })
    const old = this.#marks.findLastIndex(({ at }) => at <= performance.now() - SETTLED_MS - KEPT_MS)
    if (old > 0) this.#marks = this.#marks.slice(old)
  }

  /** Whoever writes at the same time writes the same; only one of the two moves the end on. */
  async #write(until: number, revision: number): Promise<void> {
    const { messages, rooms, idsUntil } = this.#names
    this.#recent ??= new RecentIds(this.#connection, messages, { subject: rooms, removed: this.#removed }, until)
    const recent = this.#recent
    const options = { subject: rooms, from: until + 1, headersOnly: true }
    await scan(this.#connection, messages, options, async ({ count, take }) => {
      for (let left = count; left > 0; left -= BATCH) {
        const batch = await take(BATCH)
        const last = batch.at(-1)
        if (!last) return
        await recent.addAll(batch)
        await this.#record(batch.filter(({ seq, key }) => key !== '' && !recent.isVoid(seq)))
        const voids = await this.#removeVoids([
          ...this.#voids,
          ...batch.map(({ seq }) => seq).filter((seq) => recent.isVoid(seq)),
        ])
        const progress: Progress = { until: last.seq, voids }
        try {
          revision = await this.#connection.publish(idsUntil, JSON.stringify(progress), { lastOnSubject: revision })
        } catch (error) {
          if (isWrongLastSequence(error)) return
          throw error
        }
        this.#mine = revision
        this.#voids = new Set(voids)
        this.#seen = { revision, at: performance.now() }
        this.#note(last.seq)
      }
    })
  }

  /** Twice when the acknowledgements were not sure: writing it again changes nothing. */
  async #record(batch: readonly Stored[]): Promise<void> {
    const write = () =>
      Promise.all(batch.map(({ seq, key }) => this.#connection.publish(this.#names.id(key), `${seq}`)))
    await write()
    if (this.#trust.acknowledged()) return
    await this.#trust.settle()
    await write()
    this.#trust.confirm()
  }

  /** Returns those that have to stay. */
  async #removeVoids(voids: readonly number[]): Promise<number[]> {
    const { messages } = this.#names
    const staying = await Promise.all(
      voids.map(async (seq) => {
        const there = await this.#connection.fromLeader(messages, { seq })
        if (!there) return undefined
        const newest = await this.#connection.fromLeader(messages, { last_by_subj: there.subject })
        if (newest?.seq === seq) return seq
        await this.#connection.remove(messages, seq)
        return undefined
      }),
    )
    return staying.filter((seq) => seq !== undefined)
  }
}
