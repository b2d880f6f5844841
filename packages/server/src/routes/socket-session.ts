/**
 * One WebSocket: batches out, sends in. It decides nothing about access or messages: it asks the application the same
 * questions that HTTP clients ask, with the same headers, which here may also come in the first frame, since browsers
 * cannot set any. Invariants: one batch at most is on its way out; sends are done one after another, in their order, and
 * who sends faster is not read meanwhile.
 */
import {
  type Batch,
  ChatError,
  type Cursor,
  type EndReason,
  formatCursor,
  HELLO_SECONDS,
  SLOW_READER_SECONDS,
  SOCKET_HEARTBEAT_SECONDS,
  START,
} from '@poll-chat/protocol'
import { clientFrameSchema } from '@poll-chat/protocol/schemas'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import type { z } from 'zod'
import { Alarm, type Deadlines } from '../hub/deadlines.ts'
import type { Hub } from '../hub/hub.ts'
import { batchJson } from '../log/batch.ts'
import { roomInLog } from '../log/room-names.ts'
import type { Tally } from '../metrics/tally.ts'
import { readCredentials } from '../middleware/credentials.ts'
import type { Presence } from '../presence/presence.ts'
import type { Reader } from './attendance.ts'
import { resetOf, type Step, stream } from './stream.ts'
import { toChatError } from './validation.ts'

/** Why a WebSocket ends (RFC 6455 §7.4). From 4000 they are this protocol's own. */
export const CLOSE = {
  binary: 1003,
  internal: 1011,
  drain: 1012,
  full: 1013,
  rotate: 4000,
  refused: 4001,
  'no-hello': 4002,
} as const satisfies Record<EndReason, number> & Record<string, number>

/** Sends that a client may have here unanswered. From then on it is not read until some are answered. */
const MAX_SENDS_UNDER_WAY = 32

export type SessionOptions = {
  room: string
  /** Where to start. @default the head at the time */
  after: Cursor | undefined
  limit: number
  /** Whose wait it counts as. */
  address: string
  /** What the upgrade request said about its sender: its headers, without those of the upgrade. */
  headers: Headers
  /** As whom it reads, and whether it asks who else does. */
  reader: Reader
  seen: string | undefined
  hub: Hub
  presence: Presence
  tally: Tally
  logger: Logger
  /** Asks the application, as this client. */
  ask(path: string, init: RequestInit): Promise<Response>
  head(room: string): Promise<Cursor>
  /** Runs a function when a time is over that is not taken back. */
  alarms: Deadlines<Alarm>
}

type ClientFrame = z.infer<typeof clientFrameSchema>

export class SocketSession {
  readonly #socket: WebSocket
  readonly #options: SessionOptions
  readonly #over = new AbortController()
  #state: 'waiting for hello' | 'reading' | 'ended' = 'waiting for hello'
  #sends = 0
  #frames: Promise<void> = Promise.resolve()
  #heard = true
  readonly #noHello = new Alarm(() => this.#close(CLOSE['no-hello']))

  constructor(socket: WebSocket, options: SessionOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('message', (data, isBinary) => {
      this.#heard = true
      if (isBinary) return this.#close(CLOSE.binary)
      this.#take(String(data))
    })
    socket.on('pong', () => {
      this.#heard = true
    })
    socket.on('error', () => socket.terminate()) // what breaks the protocol; `close` follows
    socket.on('close', () => this.#end())
  }

  /** @param mayRead whether the headers of the upgrade are enough; else a hello has to show more */
  start(mayRead: boolean): void {
    if (mayRead) return this.#read()
    this.#options.alarms.set(this.#noHello, HELLO_SECONDS * 1000)
  }

  /** Ends it in order: what was sent is answered first. */
  async drain(): Promise<void> {
    await this.#frames
    this.#close(CLOSE.drain)
  }

  /** Cuts it off. */
  terminate(): void {
    this.#socket.terminate()
  }

  #end(): void {
    this.#state = 'ended'
    this.#over.abort()
    this.#forgetHello()
  }

  #forgetHello(): void {
    this.#options.alarms.remove(this.#noHello)
  }

  #close(code: number): void {
    this.#socket.close(code)
    this.#end()
  }

  // Frames in

  /** One after another: what was sent first is stored first. */
  #take(text: string): void {
    if (++this.#sends >= MAX_SENDS_UNDER_WAY) this.#socket.pause()
    this.#frames = this.#frames
      .then(() => this.#handle(text))
      .catch((error) => this.#fail(error))
      .finally(() => {
        if (--this.#sends < MAX_SENDS_UNDER_WAY && this.#socket.isPaused) this.#socket.resume()
      })
  }

  async #handle(text: string): Promise<void> {
    const frame = readFrame(text)
    if (frame instanceof ChatError) return this.#write(problemFrame(JSON.stringify(frame.toProblem())))
    if (frame.type === 'hello') await this.#hello(frame)
    else await this.#send(frame)
  }

  async #hello({ key, claim, room_key: roomKey }: ClientFrame & { type: 'hello' }): Promise<void> {
    const { headers } = this.#options
    if (roomKey !== undefined) {
      if (this.#state !== 'waiting for hello') return this.#write(problemFrame(JSON.stringify(TOO_LATE.toProblem())))
      headers.set('Poll-Chat-Room-Key', roomKey)
    }
    if (key !== undefined) headers.set('Authorization', `Bearer ${key}`)
    if (claim !== undefined) headers.set('Poll-Chat-Claim', claim)
    if (this.#state !== 'waiting for hello') return
    this.#forgetHello()
    const refusal = await refusalToRead(this.#options)
    if (!refusal) return this.#read()
    await this.#write(problemFrame(await refusal.text()))
    this.#close(CLOSE.refused)
  }

  async #send({ ref, type: _type, ...body }: ClientFrame & { type: 'send' }): Promise<void> {
    const { room, headers, ask } = this.#options
    const response = await ask(`/v1/rooms/${encodeURIComponent(room)}/messages`, {
      method: 'POST',
      headers: new Headers([...headers, ['Content-Type', 'application/json']]),
      body: JSON.stringify(body),
    })
    const answer = await response.text()
    await this.#write(response.ok ? sentFrame(answer, ref) : problemFrame(answer, ref))
  }

  // Frames out

  #read(): void {
    this.#state = 'reading'
    this.#follow().catch((error) => this.#fail(error))
  }

  async #follow(): Promise<void> {
    const { room: name, headers, limit, hub, head, address, presence, tally, seen } = this.#options
    const room = roomInLog(name, readCredentials((header) => headers.get(header) ?? undefined).roomKey)
    const after = this.#options.after ?? (await head(room))
    const { signal } = this.#over
    const heartbeatSeconds = SOCKET_HEARTBEAT_SECONDS
    const options = { room, after, limit, heartbeatSeconds, signal, address, presence, tally, seen }
    const stillHere = () => this.#askAgain()
    for await (const step of stream(hub, { ...options, uid: this.#options.reader.uid, stillHere })) {
      if (step.type === 'heartbeat' && !this.#isThere()) return this.terminate()
      await this.#write(frameOf(step))
      if (step.type !== 'end') continue
      await this.#frames // what was sent is answered first
      return this.#close(CLOSE[step.reason])
    }
  }

  /** Whether it may still read, and still is seen there. */
  async #askAgain(): Promise<void> {
    const refusal = await refusalToRead(this.#options)
    if (!refusal || refusal.status >= 500) return
    await this.#write(problemFrame(await refusal.text()))
    this.#close(CLOSE.refused)
  }

  /** Whether it was heard of since the last heartbeat; asks for a sign of life until the next. */
  #isThere(): boolean {
    const heard = this.#heard
    this.#heard = false
    this.#socket.ping()
    return heard
  }

  /** Resolves when the operating system has it; a client that takes too long to receive it is cut off. */
  async #write(frame: string): Promise<void> {
    const { alarms } = this.#options
    const slow = new Alarm(() => this.terminate())
    alarms.set(slow, SLOW_READER_SECONDS * 1000)
    await new Promise<void>((resolve) => this.#socket.send(frame, () => resolve()))
    alarms.remove(slow)
  }

  #fail(error: unknown): void {
    if (this.#state === 'ended') return
    this.#options.logger.warn({ err: error, room: this.#options.room }, 'a WebSocket has ended early')
    this.#close(CLOSE.internal)
  }
}

/** What is read is not changed under way: it would show one room as another. */
const TOO_LATE = new ChatError(
  'bad-request',
  'A room key has to come before the reading begins: open the WebSocket with "hello=1".',
)

/**
 * What the application answers a client that may not read the room; nothing if it may, and then it is seen there. A cursor that cannot be honoured is
 * no reason: the stream says so.
 */
export async function refusalToRead(
  client: Pick<SessionOptions, 'room' | 'after' | 'headers' | 'reader' | 'ask'>,
): Promise<Response | undefined> {
  const { room, after = START, headers, reader, ask } = client
  const query = new URLSearchParams({ after: formatCursor(after), limit: '1' })
  if (reader.uid !== undefined) query.set('uid', reader.uid)
  if (reader.presence) query.set('presence', reader.presence)
  const response = await ask(`/v1/rooms/${encodeURIComponent(room)}/messages?${query}`, { headers })
  return response.ok || response.status === 410 ? undefined : response
}

function readFrame(text: string): ClientFrame | ChatError {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    return new ChatError('bad-request', 'The frame is not JSON.', { cause })
  }
  const frame = clientFrameSchema.safeParse(json)
  return frame.success ? frame.data : toChatError(frame.error)
}

type Ref = string | number | undefined

function sentFrame(json: string, ref: Ref): string {
  return `{"type":"sent",${refMember(ref)}${json.slice(1)}`
}

/** A problem document has a `type` of its own, and so is a member. */
function problemFrame(json: string, ref?: Ref): string {
  return `{"type":"problem",${refMember(ref)}"problem":${json}}`
}

function refMember(ref: Ref): string {
  return ref === undefined ? '' : `"ref":${JSON.stringify(ref)},`
}

const frames = new WeakMap<Batch, string>()

function frameOf(step: Step): string {
  switch (step.type) {
    case 'ready':
      return JSON.stringify({ type: 'ready', after: step.after, heartbeat_s: SOCKET_HEARTBEAT_SECONDS })
    case 'batch':
      return batchFrame(step.batch)
    case 'reset':
      return JSON.stringify({ type: 'reset', ...resetOf(step.reset) })
    case 'presence':
      return JSON.stringify({ type: 'presence', ...step.news })
    case 'heartbeat':
      return '{"type":"heartbeat"}'
    case 'end':
      return JSON.stringify({ type: 'end', reason: step.reason })
  }
}

/** All who are given the same batch share its frame. */
function batchFrame(batch: Batch): string {
  let frame = frames.get(batch)
  if (frame === undefined) {
    frame = `{"type":"batch",${batchJson(batch).slice(1)}`
    frames.set(batch, frame)
  }
  return frame
}
