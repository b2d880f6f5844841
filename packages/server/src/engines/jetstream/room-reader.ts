/**
 * Reads one room of a shard's stream, with what is left of deleted messages in their places. A replica may be behind: then
 * what it gives is short, but never has a hole.
 */
import type { Message } from '@poll-chat/protocol'
import type { Connection, Query, Stored } from './connection.ts'
import { Unsettled } from './failures.ts'
import type { Removed } from './removed.ts'
import { type Scan, scan } from './scan.ts'

/** Messages read one by one, each from the place of the last, before a scan is worth its beginning. */
const FEW = 3

/** A page is looked for in spans of the stream; more messages than this many pages in one are not read to find it. */
const TOO_MANY_PAGES = 4

/** What is stored: a message without the index, which is its sequence. */
export function messageOf({ seq, json }: Pick<Stored, 'seq' | 'json'>): Message {
  return { index: seq, ...JSON.parse(json) }
}

/** `subject`: that of the room in its shard's stream. */
export type RoomOf = { room: string; stream: string; subject: string; removed: Removed }

export class RoomReader {
  readonly #connection: Connection
  readonly #stream: string
  readonly #subject: string
  readonly #room: string
  readonly #removed: Removed

  constructor(connection: Connection, { room, stream, subject, removed }: RoomOf) {
    this.#connection = connection
    this.#stream = stream
    this.#subject = subject
    this.#room = room
    this.#removed = removed
  }

  /** The message at an index; `undefined` when there is none of this room, of all that were acknowledged. */
  async at(index: number): Promise<Message | undefined> {
    if (index <= this.#removed.floorAt(this.#room)) return undefined
    const deleted = this.#removed.at(this.#room, index)
    if (deleted) return deleted
    const query = { seq: index }
    const found =
      (await this.#connection.fromAny(this.#stream, query)) ?? (await this.#connection.fromLeader(this.#stream, query))
    if (!found) return this.#removed.ask(this.#room, index)
    return found.subject === this.#subject ? messageOf(found) : undefined
  }

  /**
   * The message with an id, which must be at an index. A replica of NATS 2.9 that was cut off may have another one there, for
   * good: then the leader decides.
   */
  async withId(id: string, index: number): Promise<Message | undefined> {
    const near = await this.at(index)
    if (!near || near.id === id) return near
    const found = await this.#connection.fromLeader(this.#stream, { seq: index })
    return found && found.subject === this.#subject && messageOf(found).id === id ? messageOf(found) : undefined
  }

  /** The newest message in the stream, of all that were acknowledged. */
  async newest(): Promise<Message | undefined> {
    const found = await this.#connection.fromLeader(this.#stream, { last_by_subj: this.#subject })
    return found && (this.#removed.at(this.#room, found.seq) ?? messageOf(found))
  }

  async oldest(): Promise<Message | undefined> {
    const found = await this.#connection.fromLeader(this.#stream, { next_by_subj: this.#subject, seq: 1 })
    return found && messageOf(found)
  }

  /** At most `limit` messages after an index; all up to `known`, where one is known to be, are among what can be. */
  async after(index: number, limit: number, known: number): Promise<Message[]> {
    const from = Math.max(index, this.#removed.floorAt(this.#room))
    const found = await this.#stored(from, limit, known)
    const last = found.at(-1)?.index ?? from
    const until = found.length < limit ? Math.max(last, known) : last
    return this.#removed.shown(this.#room, found, from, until).slice(0, limit)
  }

  async #stored(index: number, limit: number, known: number): Promise<Message[]> {
    const few = await this.#chain(index, Math.min(limit, FEW), (query) => this.#connection.fromAny(this.#stream, query))
    const messages = few.map(messageOf)
    if (messages.length === FEW && limit > FEW) {
      const from = (messages.at(-1)?.index ?? index) + 1
      messages.push(...(await this.#scan(from, async ({ take }) => (await take(limit - FEW)).map(messageOf))))
    }
    const last = messages.at(-1)?.index ?? index
    if (messages.length === limit || last >= known) return messages
    const missing = await this.#connection.patiently(() => this.missing(last, limit - messages.length))
    return [...messages, ...missing.map(messageOf)]
  }

  /** The same of the leader alone, who has all that was acknowledged: one by one, for where a few are missing. */
  missing(index: number, limit: number): Promise<Stored[]> {
    return this.#chain(index, limit, (query) => this.#connection.fromLeaderOnce(this.#stream, query))
  }

  /** The same of whoever answers first. */
  missingNear(index: number, limit: number): Promise<Stored[]> {
    return this.#chain(index, limit, (query) => this.#connection.fromAnyOnce(this.#stream, query))
  }

  async #chain(index: number, limit: number, get: (query: Query) => Promise<Stored | undefined>): Promise<Stored[]> {
    const messages: Stored[] = []
    for (let seq = index + 1; messages.length < limit; ) {
      const found = await get({ next_by_subj: this.#subject, seq })
      if (!found) break
      messages.push(found)
      seq = found.seq + 1
    }
    return messages
  }

  /**
   * The newest `limit` messages before an index, and one more if there is one. A stream cannot be read backwards: a
   * span before the index is chosen by how dense the room was in the last one, until it holds enough. `anchor`: the
   * index of a message there or just before; a replica that does not have it is behind, and is asked again.
   */
  async before(end: number, limit: number, anchor: number | undefined): Promise<Message[]> {
    const wanted = limit + 1
    const isThere = (index: number) => index > this.#removed.floorAt(this.#room) && !this.#removed.at(this.#room, index)
    const hasAnchor = anchor !== undefined && isThere(anchor)
    const spans = new Spans(wanted)
    const countAfter = await this.#scan(end, async ({ count }) => count)
    for (;;) {
      const from = Math.max(1, end - spans.span)
      const page = await this.#scan(from, async ({ count, take }) => {
        const within = count - countAfter
        if ((within < wanted && from > 1) || (within > wanted * TOO_MANY_PAGES && spans.canShrink)) {
          return void spans.note(within)
        }
        const taken = await take(within + 1)
        if (hasAnchor && !taken.some(({ seq }) => seq === anchor)) throw new Unsettled()
        const messages = taken.filter(({ seq }) => seq < end).map(messageOf)
        if (messages.length >= wanted || from === 1) return messages.slice(-wanted)
        return void spans.note(messages.length)
      })
      if (page) return this.#removed.shown(this.#room, page, 0, end - 1).slice(-wanted)
    }
  }

  #scan<T>(from: number, use: (scan: Scan) => Promise<T>): Promise<T> {
    return scan(this.#connection, this.#stream, { subject: this.#subject, from }, use)
  }
}

/** How far back to look: between a span that held too little and one that held too much. */
class Spans {
  readonly #wanted: number
  #tooShort = 0
  #tooLong = Number.POSITIVE_INFINITY
  span: number

  constructor(wanted: number) {
    this.#wanted = wanted
    this.span = wanted * 2
  }

  get canShrink(): boolean {
    return this.span - this.#tooShort > this.#wanted
  }

  /** Chooses the next by how many messages this one held. */
  note(count: number): void {
    if (count < this.#wanted) this.#tooShort = this.span
    else this.#tooLong = this.span
    const factor = count <= 0 ? 64 : Math.min((this.#wanted / count) * 1.5, 64)
    const guess = Math.ceil(this.span * factor)
    const isNew = guess > this.#tooShort && guess < this.#tooLong
    this.span = isNew ? guess : Math.ceil((this.#tooShort + Math.min(this.#tooLong, this.#tooShort * 64)) / 2)
  }
}
