/**
 * Which ids were sent, for as long as their messages are kept. Within the duplicate window NATS itself stores no id
 * twice; for what is older there is a stream with a record an id, whose payload is the message's sequence.
 * Invariant: an id is looked up before each attempt to store it, and nothing is stored while messages as old as half
 * the window may have no record. So whoever sends an id again finds it in the one place or in the other, whichever
 * node was killed when. The records are written from the messages, by one node at a time for each shard.
 */
import { ChatError } from '@poll-chat/protocol'
import type { Connection } from './connection.ts'
import { isWrongLastSequence } from './failures.ts'
import type { ShardNames } from './names.ts'
import { scan } from './scan.ts'

/** The duplicate window of NATS, in milliseconds. It keeps every id of that time in memory. */
export const DUPLICATE_WINDOW_MS = 300_000

/** How long ago all ids must have been known to have records, in milliseconds, for another one to be stored. */
const MAX_BEHIND_MS = DUPLICATE_WINDOW_MS / 2

/** Messages given records at once. */
const BATCH = 500

/** How long the node that writes the records may do nothing before another one does, in milliseconds. */
const TAKE_OVER_MS = 4_000

export class ShardIds {
  readonly #connection: Connection
  readonly #names: ShardNames
  /** When all messages of that moment had records. */
  #completeAt = Number.NEGATIVE_INFINITY
  /** Sequences of the stream that were its last at some moment, oldest first. */
  #marks: { last: number; at: number }[] = []
  #seen: { revision: number; at: number } = { revision: 0, at: Number.NEGATIVE_INFINITY }
  #mine: number | undefined

  constructor(connection: Connection, names: ShardNames) {
    this.#connection = connection
    this.#names = names
  }

  /** The sequence of the message with an id, as far as there are records. */
  async find(key: string): Promise<number | undefined> {
    const found = await this.#connection.fromLeaderOnce(this.#names.ids, { last_by_subj: this.#names.id(key) })
    return found && Number(found.json)
  }

  /** @throws ChatError `log-unavailable` while an id that is not found may have been sent all the same */
  checkComplete(): void {
    if (performance.now() - this.#completeAt <= MAX_BEHIND_MS) return
    throw new ChatError('log-unavailable', 'The ids of the newest messages are still being collected.', {
      retryAfterMs: 1000,
    })
  }

  /** Looks how far the records go, writes those that are missing if nobody else does. `last`: the stream's sequence. */
  async look(last: number): Promise<void> {
    const now = performance.now()
    this.#marks.push({ last, at: now })
    const record = await this.#connection.fromLeader(this.#names.ids, { last_by_subj: this.#names.idsUntil })
    const until = Number(record?.json ?? 0)
    const revision = record?.seq ?? 0
    if (revision !== this.#seen.revision) this.#seen = { revision, at: now }
    this.#note(until)
    if (until >= last) return
    const nobodyDoes = now - this.#seen.at > TAKE_OVER_MS
    if (revision === (this.#mine ?? 0) || nobodyDoes) await this.#write(until, revision)
  }

  /** The records go up to here. */
  #note(until: number): void {
    const done = this.#marks.findLastIndex(({ last }) => last <= until)
    const mark = this.#marks[done]
    if (!mark) return
    this.#completeAt = mark.at
    this.#marks = this.#marks.slice(done + 1)
  }

  /** Whoever writes at the same time writes the same; only one of the two moves the end on. */
  async #write(until: number, revision: number): Promise<void> {
    const { messages, rooms, id, idsUntil } = this.#names
    const options = { subject: rooms, from: until + 1, headersOnly: true }
    await scan(this.#connection, messages, options, async ({ count, take }) => {
      for (let left = count; left > 0; left -= BATCH) {
        const batch = await take(BATCH)
        const last = batch.at(-1)
        if (!last) return
        await Promise.all(batch.map(({ msgId, seq }) => this.#connection.publish(id(msgId), `${seq}`)))
        try {
          revision = (await this.#connection.publish(idsUntil, `${last.seq}`, { lastOnSubject: revision })).seq
        } catch (error) {
          if (isWrongLastSequence(error)) return
          throw error
        }
        this.#mine = revision
        this.#seen = { revision, at: performance.now() }
        this.#note(last.seq)
      }
    })
  }
}
