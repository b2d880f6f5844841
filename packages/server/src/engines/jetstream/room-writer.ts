/**
 * Appends to one room, one message after another, each of them once.
 * Invariant: a message is published to be stored just behind one that was announced here, and only if its id was in the
 * room neither up to there. NATS stores it there or nowhere (`Nats-Expected-Last-Subject-Sequence`): a repeated attempt,
 * the same id from another node, a publish that was stopped for minutes on its way, all are refused when something was
 * stored in between, and what was stored in between is looked at first. NATS's own duplicate window is not used: servers
 * before 2.11 disagree about it after a partition, and their replicas then hold different messages (nats-server #6415).
 */
import { ChatError, type Message } from '@poll-chat/protocol'
import type { Appended, Draft } from '../../log/contract.ts'
import { type Connection, PATIENCE_MS } from './connection.ts'
import { isWrongLastSequence, Unsettled } from './failures.ts'
import type { ShardIds } from './ids.ts'
import { idKey } from './names.ts'
import { messageOf } from './room-reader.ts'

/** Messages without a record of their id, of one room, before no more are taken: nobody writes the records then. */
const MAX_UNRECORDED = 20_000

/** What the writer needs of its room. */
export type WritableRoom = {
  readonly subject: string
  /** The sequence of the last message on the subject that was announced. */
  readonly lastOnSubject: number
  /** A message that has just been stored, directly behind `previous`: announces it. */
  stored(message: Message, previous: number): Promise<void>
  /** Resolves when all is announced that was stored up to a sequence, which NATS says is the last. */
  catchUpWith(last: number, until: number): Promise<void>
  /** The same, up to now. */
  catchUp(until: number): Promise<void>
  /** The message at a sequence. */
  at(seq: number): Promise<Message | undefined>
}

/** Somebody who sends an id; `found` as soon as a message with it is known. */
type Sending = { senders: number; found: Message | undefined }

export class RoomWriter {
  readonly #connection: Connection
  readonly #room: WritableRoom
  readonly #ids: ShardIds
  /** Messages whose ids may have no record yet, oldest first. */
  readonly #unrecorded = new Map<string, Message>()
  readonly #sending = new Map<string, Sending>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(connection: Connection, room: WritableRoom, ids: ShardIds) {
    this.#connection = connection
    this.#room = room
    this.#ids = ids
  }

  /** These are in the room. */
  saw(messages: readonly Message[]): void {
    for (const message of messages) {
      this.#unrecorded.set(message.id, message)
      const sending = this.#sending.get(message.id)
      if (sending) sending.found = message
    }
  }

  /** All up to here have a record. */
  recorded(until: number): void {
    for (const [id, { index }] of this.#unrecorded) {
      if (index > until) return
      this.#unrecorded.delete(id)
    }
  }

  async append(draft: Draft): Promise<Appended> {
    if (this.#unrecorded.size > MAX_UNRECORDED)
      throw new ChatError('log-unavailable', 'The ids of the newest messages are still being recorded.', {
        retryAfterMs: 1000,
      })
    const until = performance.now() + PATIENCE_MS
    const sending = this.#sending.get(draft.id) ?? { senders: 0, found: undefined }
    this.#sending.set(draft.id, sending)
    sending.senders++
    try {
      sending.found ??= this.#unrecorded.get(draft.id)
      const known = sending.found ?? (await this.#find(draft, until))
      sending.found ??= known
      const turn = this.#turn.then(() => this.#publish(draft, sending, until))
      this.#turn = turn.catch(() => undefined)
      return await turn
    } finally {
      if (--sending.senders === 0) this.#sending.delete(draft.id)
    }
  }

  /** Among the messages whose ids have records. One that was removed meanwhile is not there any more. */
  #find({ room, id }: Draft, until: number): Promise<Message | undefined> {
    return this.#connection.patiently(async () => {
      const seq = await this.#ids.find(idKey(room, id))
      const message = seq === undefined ? undefined : await this.#room.at(seq)
      return message?.id === id ? message : undefined
    }, until)
  }

  #publish(draft: Draft, sending: Sending, until: number): Promise<Appended> {
    const { subject } = this.#room
    const at = new Date().toISOString()
    const { room, id, ...rest } = draft
    const json = JSON.stringify({ id, room, ...rest, at })
    return this.#connection.patiently(async (attempt) => {
      // What an attempt has stored that got no answer.
      if (attempt > 1) await this.#room.catchUp(until)
      for (;;) {
        const { found } = sending
        if (found) return { message: found, repeated: attempt === 1 || found.at !== at }
        const previous = this.#room.lastOnSubject
        try {
          const key = idKey(room, id)
          const { seq } = await this.#connection.publishOnce(subject, json, { lastOnSubject: previous, key })
          const message = messageOf({ seq, subject, json })
          await this.#room.stored(message, previous)
          return { message, repeated: false }
        } catch (error) {
          const last = isWrongLastSequence(error) && /\d+$/.exec(error.message)
          if (!last) throw error
          if (Number(last[0]) === previous) throw new Unsettled()
          await this.#room.catchUpWith(Number(last[0]), until)
        }
      }
    }, until)
  }
}
