/**
 * The lane: a strict reader in front of node:http, on the same port, that answers plain polls and sends straight from
 * the hub and the log. It answers only what it fully understands; every other request, right or wrong, goes with all
 * its bytes to node:http and Hono, which can answer everything, what the lane answers included. So it may be switched
 * off without any visible difference. Why it exists: docs/architecture.md.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import {
  BODY_SECONDS,
  type ChatError,
  CLASSIC_WAIT_SECONDS,
  HEAD_SECONDS,
  KEEP_ALIVE_SECONDS,
  PRESENCE_GRACE_SECONDS,
} from '@poll-chat/protocol'
import type { Rooms } from '../access/rooms.ts'
import type { Uids } from '../access/uids.ts'
import { Deadlines } from '../hub/deadlines.ts'
import type { Hub } from '../hub/hub.ts'
import type { Inboxes } from '../hub/inboxes.ts'
import type { Forwarded } from '../limits/addresses.ts'
import type { Limits } from '../limits/limits.ts'
import type { Unsent } from '../limits/unsent.ts'
import type { Log } from '../log/contract.ts'
import type { Tally } from '../metrics/tally.ts'
import { type AnswerHeaders, COMMON_HEADERS } from '../middleware/headers.ts'
import type { Gate } from '../middleware/identity.ts'
import type { Presence } from '../presence/presence.ts'
import { classicMessage, classicTexts, nextWithText } from '../routes/classic-answers.ts'
import { type Letter, readLetter, send, sentAnswer } from '../routes/sending.ts'
import { Answers } from './answers.ts'
import { Connection, type Silence } from './connection.ts'
import { type PollOf, type Read, RequestReader, type Send } from './reader.ts'

/** Connections that are refused in one turn of the event loop: each costs as much as some polls. */
const SILENT_SLICE = 4

type Options = {
  hub: Hub
  inboxes: Inboxes
  uids: Uids
  rooms: Rooms
  limits: Limits
  presence: Presence
  log: Log
  tally: Tally
  gate: Gate
  /** On every answer. @default COMMON_HEADERS */
  headers?: AnswerHeaders
  /** Takes a connection for good. Its first bytes are those that were unshifted. */
  handOn: (socket: Socket) => void
  /** Refuses, for a reason that is a code of Node's, what came or did not come on a connection. */
  refuse: (code: string, socket: Socket) => void
  /** Is told who has not taken an answer whole, and when they have. */
  unsent: Pick<Unsent, 'add' | 'delete'>
  /** Hears of a classic inbox that could not be moved on. */
  onLostAck: (error: unknown) => void
  /** What the client may see of an error. */
  explain: (error: unknown, path: string) => ChatError
}

/**
 * Puts the lane before a server's own parser. The server listens, limits and closes as ever; only its listener for new
 * connections is called later, with the connections that are not the lane's. `arrival`: the event with which they come.
 */
export function openLane(server: Server, options: Omit<Options, 'handOn'>, arrival = 'connection'): Lane {
  const parse = server.listeners(arrival)
  server.removeAllListeners(arrival)
  const handOn = (socket: Socket) => {
    for (const listener of parse) Reflect.apply(listener, server, [socket])
  }
  const lane = new Lane({ ...options, handOn })
  server.on(arrival, (socket) => lane.accept(socket))
  return lane
}

export class Lane {
  readonly #options: Options
  readonly #connections = new Set<Connection>()
  readonly #silences = new Deadlines<Silence>(({ connection }) => connection.onSilence(), SILENT_SLICE)
  readonly reader: RequestReader
  readonly answers: Answers

  constructor(options: Options) {
    this.#options = options
    this.answers = new Answers(options.headers ?? COMMON_HEADERS)
    this.reader = new RequestReader(options.gate)
  }

  /** Connections that are the lane's own at this moment. */
  get connections(): number {
    return this.#connections.size
  }

  /** Answers end their connections now. */
  get closing(): boolean {
    return this.#options.hub.draining
  }

  accept(socket: Socket): void {
    const connection = new Connection(this, socket)
    this.#connections.add(connection)
    this.#silences.set(connection.silence, HEAD_SECONDS * 1000)
  }

  /** Ends the connections on which nothing is under way. Call it when the hub drains. */
  closeIdle(): void {
    for (const connection of this.#connections) connection.close()
  }

  /** Cuts off whoever is left. */
  closeAll(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  /** Whose a request is that came from there; what its sender says of that counts only if a proxy sent it. */
  addressOf(remote: string | undefined, forwarded: Forwarded): string {
    return this.#options.limits.addressOf(remote, forwarded)
  }

  /** Whether requests of one connection may be of many clients. */
  get hasProxies(): boolean {
    return this.#options.limits.hasProxies
  }

  answer(connection: Connection, request: Read['request']): void {
    if (this.#options.limits.lock(connection.address)) return connection.fail()
    const entering = this.#options.rooms.enter(roomOf(request), connection.address)
    if (!entering) return this.#answer(connection, request)
    const { signal } = connection
    entering.then(
      () => signal.aborted || this.#answer(connection, request),
      () => connection.fail(),
    )
  }

  #answer(connection: Connection, request: Read['request']): void {
    if (request.type === 'messages') this.#options.hub.ask(connection, request)
    else if (request.type === 'send') void this.#send(connection, request)
    else this.#answerLater(connection, request).catch(() => connection.fail())
  }

  async #send(connection: Connection, { head, path, body }: Send): Promise<void> {
    let letter: Letter
    try {
      letter = readLetter(head, body)
    } catch {
      return connection.fail() // the routes read the same and say what is wrong
    }
    connection.startSending()
    try {
      const { message, repeated } = await send(this.#options, connection.address, letter)
      connection.answerJson(JSON.stringify(sentAnswer(message)), { status: repeated ? 200 : 201 })
    } catch (error) {
      connection.answerProblem(this.#options.explain(error, path))
    }
  }

  async #answerLater(connection: Connection, poll: Exclude<PollOf, { type: 'messages' }>): Promise<void> {
    const { inboxes, uids, limits, presence, log, onLostAck } = this.#options
    const { signal, address } = connection
    if (poll.type === 'classic-poll') {
      const texts = await classicTexts(log, poll.room, poll.index)
      if (!signal.aborted) connection.answerJson(JSON.stringify(texts))
      return
    }
    // What a head means does not change, but who owns a uid does: asked at every request.
    const person = await uids.admit(poll.uid, poll.claim, address)
    const admit = () => limits.admitUid(address)
    if (poll.type === 'inbox') {
      const { room, waitSeconds, isShown } = poll
      if (isShown) presence.renew(room, person, (waitSeconds + PRESENCE_GRACE_SECONDS) * 1000)
      const batch = await inboxes.next(poll, poll.ack, { ...poll, signal, address, admit })
      if (!signal.aborted) connection.answer(batch)
      return
    }
    const wait = { waitSeconds: CLASSIC_WAIT_SECONDS, signal, address, admit }
    const batch = await nextWithText(inboxes, poll, poll.ack, wait)
    if (signal.aborted) return
    const moveOn = () => void inboxes.acknowledge(poll, batch.next).catch(onLostAck)
    const onFlushed = poll.ack || batch.messages.length === 0 ? undefined : moveOn
    connection.answerJson(JSON.stringify(classicMessage(batch)), { onFlushed })
  }

  awaitNext(connection: Connection): void {
    this.#silences.set(connection.silence, KEEP_ALIVE_SECONDS * 1000)
  }

  awaitHead(connection: Connection): void {
    this.#silences.set(connection.silence, HEAD_SECONDS * 1000)
  }

  awaitBody(connection: Connection): void {
    this.#silences.set(connection.silence, BODY_SECONDS * 1000)
  }

  /** While it is being answered it may be silent for as long as it likes. */
  awaitNothing(connection: Connection): void {
    this.#silences.clear(connection.silence)
  }

  /** Whoever has not taken their answer whole. */
  awaitDrain(socket: Socket): void {
    this.#options.unsent.add(socket)
  }

  endDrain(socket: Socket): void {
    this.#options.unsent.delete(socket)
  }

  handOn(socket: Socket): void {
    this.#options.handOn(socket)
  }

  refuse(code: string, socket: Socket): void {
    this.#options.refuse(code, socket)
  }

  stopWaiting(connection: Connection): void {
    this.#options.hub.forget(connection)
    this.#silences.remove(connection.silence)
  }

  /** It is closed, or another's. */
  forget(connection: Connection): void {
    this.#connections.delete(connection)
  }
}

function roomOf(request: Read['request']): string {
  return request.type === 'send' ? request.head.room : request.room
}
