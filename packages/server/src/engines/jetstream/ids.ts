/**
 * Which ids were sent, for as long as their messages are kept: a stream with a record an id, whose payload is the
 * message's sequence. The records are written from the messages, by one node at a time for each shard, up to a sequence
 * that is recorded too. What has no record yet, whoever follows a room remembers (`room-writer.ts`).
 */
import type { Connection } from './connection.ts'
import { isWrongLastSequence, Unsettled } from './failures.ts'
import type { ShardNames } from './names.ts'
import { scan } from './scan.ts'

/** Messages given records at once. */
const BATCH = 500

/** How long the node that writes the records may do nothing before another one does, in milliseconds. */
const TAKE_OVER_MS = 4_000

/** How long after the cluster did not answer its leaders are not trusted, in milliseconds. */
const TROUBLE_MS = 30_000

export class ShardIds {
  readonly #connection: Connection
  readonly #names: ShardNames
  readonly #onRecorded: (until: number) => void
  #seen: { revision: number; at: number } = { revision: 0, at: Number.NEGATIVE_INFINITY }
  #mine = 0
  #isWriting = false
  /** All messages up to this sequence have records. */
  until = 0

  constructor(connection: Connection, names: ShardNames, onRecorded: (until: number) => void) {
    this.#connection = connection
    this.#names = names
    this.#onRecorded = onRecorded
  }

  /** The sequence of the message with an id, if it has a record. */
  async find(key: string): Promise<number | undefined> {
    const { ids, id, idsUntil } = this.#names
    const revision = this.#seen.revision
    if (performance.now() - this.#connection.troubledAt < TROUBLE_MS) {
      // A leader that is new may not have come as far as the one before it.
      const record = await this.#connection.fromLeaderOnce(ids, { last_by_subj: idsUntil })
      if ((record?.seq ?? 0) < revision) throw new Unsettled()
    }
    const found = await this.#connection.fromLeaderOnce(ids, { last_by_subj: id(key) })
    return found && Number(found.json)
  }

  /** Looks how far the records go, writes those that are missing if nobody else does. `last`: the stream's sequence. */
  async look(last: number): Promise<void> {
    const now = performance.now()
    const record = await this.#connection.fromLeader(this.#names.ids, { last_by_subj: this.#names.idsUntil })
    const revision = record?.seq ?? 0
    if (revision !== this.#seen.revision) this.#seen = { revision, at: now }
    this.#note(Number(record?.json ?? 0))
    if (this.until >= last || this.#isWriting) return
    if (revision === this.#mine || now - this.#seen.at > TAKE_OVER_MS) await this.#write(revision)
  }

  #note(until: number): void {
    if (until <= this.until) return
    this.until = until
    this.#onRecorded(until)
  }

  /** Whoever writes at the same time writes the same; only one of the two moves the end on. */
  async #write(after: number): Promise<void> {
    this.#isWriting = true
    let revision = after
    const { messages, rooms, id, idsUntil } = this.#names
    const options = { subject: rooms, from: this.until + 1, headersOnly: true }
    try {
      await scan(this.#connection, messages, options, async ({ take }) => {
        for (let batch = await take(BATCH); batch.length > 0; batch = await take(BATCH)) {
          await Promise.all(batch.map(({ key, seq }) => this.#connection.publish(id(key), `${seq}`)))
          const until = batch.at(-1)?.seq ?? this.until
          revision = (await this.#connection.publish(idsUntil, `${until}`, { lastOnSubject: revision })).seq
          this.#mine = revision
          this.#seen = { revision, at: performance.now() }
          this.#note(until)
        }
      })
    } catch (error) {
      if (!isWrongLastSequence(error)) throw error
    } finally {
      this.#isWriting = false
    }
  }
}
