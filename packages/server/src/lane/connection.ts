/**
 * One connection in the lane: the waiter of whatever it polls for, and nothing else is kept for it. Invariant: at most
 * one request is unanswered, and until it is answered its bytes are here, to be handed on whole. Except those of a send
 * that is on its way to the disk: handed on, it would be sent once more.
 */
import type { Socket } from 'node:net'
import type { Batch, ChatError } from '@poll-chat/protocol'
import { NEVER, type Timed } from '../hub/deadlines.ts'
import { Waiter } from '../hub/waiter.ts'
import { NOT_FORWARDED } from '../limits/addresses.ts'
import { batchJson } from '../log/batch.ts'
import type { Lane } from './lane.ts'
import { Partial } from './partial.ts'
import type { Awaited, Read } from './reader.ts'
import { type Receiver, Wire } from './wire.ts'

/** `onFlushed`: called when the answer has gone to a socket that is still open. */
type AnswerOptions = { status?: number; onFlushed?: (() => void) | undefined }

/** What a connection is ended by when it says nothing for too long. */
export type Silence = Timed & { readonly connection: Connection }

export class Connection extends Waiter implements Receiver {
  /** Until when it may be silent; the lane's own. */
  readonly silence: Silence = { dueAt: NEVER, alarm: 0, connection: this }
  readonly #lane: Lane
  readonly #socket: Socket
  readonly #wire: Wire
  #unanswered: Buffer | undefined
  /** What came of a request whose rest is awaited. */
  #partial: Partial | undefined
  #state: 'new' | 'idle' | 'partial' | 'asked' | 'sending' | 'gone' = 'new'
  #abort: AbortController | undefined

  constructor(lane: Lane, socket: Socket) {
    super()
    this.#lane = lane
    this.#socket = socket
    this.address = lane.addressOf(socket.remoteAddress, NOT_FORWARDED)
    this.#wire = new Wire(socket, this)
    socket.on('end', this.#onEnd)
    socket.on('error', this.#onClose)
    socket.on('close', this.#onClose)
  }

  /** What was awaited did not come in the time that it may take. */
  onSilence(): void {
    if (this.#state === 'idle') this.#socket.destroy()
    else this.#refuse('ERR_HTTP_REQUEST_TIMEOUT')
  }

  override answer(batch: Batch): void {
    if (!this.#isAsked) return
    const { answers, closing } = this.#lane
    this.#write(closing ? answers.json(batchJson(batch), { close: true }) : answers.batch(batch))
  }

  answerJson(json: string, { status = 200, onFlushed }: AnswerOptions = {}): void {
    if (this.#isAsked) this.#write(this.#lane.answers.json(json, { close: this.#lane.closing, status }), onFlushed)
  }

  answerProblem(error: ChatError): void {
    if (this.#isAsked) this.#write(this.#lane.answers.problem(error, { close: this.#lane.closing }))
  }

  /** Whatever is not a plain success is said by the routes: they read the same once more. */
  override fail(): void {
    if (this.#state === 'asked') this.#handOn()
  }

  /** What was asked is under way to the disk: nobody else may be asked for it any more. */
  startSending(): void {
    this.#state = 'sending'
    this.#unanswered = undefined
  }

  /** Ends it if nothing is under way; what is asked is answered first, and what is answered is written to its end. */
  close(): void {
    if (this.#isAsked || this.#state === 'partial') return
    if (this.#wire.isWriting) this.#socket.end()
    else this.destroy()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** For polls that are answered by a promise: aborts when the client goes away. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    return this.#abort.signal
  }

  get #isAsked(): boolean {
    return this.#state === 'asked' || this.#state === 'sending'
  }

  /** The chunk may be valid for as long as this runs only: what is kept of it is copied. */
  onBytes(chunk: Buffer): void {
    if (this.#state === 'gone') return
    if (this.#state === 'asked' || this.#state === 'sending') return this.#keep(chunk)
    const progress = this.#partial?.add(chunk)
    if (progress === 'awaited') return
    const bytes = this.#partial?.bytes ?? chunk
    const read = progress === 'foreign' ? undefined : this.#lane.reader.read(bytes)
    if (typeof read === 'object') return this.#ask(read)
    if (read !== undefined && this.#awaitRest(read, bytes)) return
    this.#unanswered = bytes
    this.#handOn()
  }

  #ask(read: Read): void {
    this.#lane.awaitNothing(this)
    this.#partial = undefined
    this.#unanswered = read.bytes
    this.#state = 'asked'
    if (this.#lane.hasProxies) this.address = this.#lane.addressOf(this.#socket.remoteAddress, read.forwarded)
    this.#lane.answer(this, read.request)
  }

  /** More, before the last request is answered: pipelining is for the full parser. */
  #keep(chunk: Buffer): void {
    this.#unanswered = Buffer.concat(this.#unanswered ? [this.#unanswered, chunk] : [chunk])
    if (this.#state === 'asked') this.#handOn()
    else this.#socket.pause() // for later, and no more of it
  }

  /** Returns false if it is not for the lane to wait. The time for the rest runs from now, however it trickles in. */
  #awaitRest(rest: Awaited, bytes: Buffer): boolean {
    const isNew = !this.#partial
    this.#partial ??= new Partial()
    if (rest !== 'head') this.#partial.awaitBody(rest)
    if (isNew && this.#partial.add(bytes) === 'foreign') return false
    this.#state = 'partial'
    if (rest === 'head') this.#lane.awaitHead(this)
    else this.#lane.awaitBody(this)
    return true
  }

  #write(bytes: Buffer, onFlushed?: () => void): void {
    const cameMeanwhile = this.#state === 'sending' && this.#unanswered !== undefined
    this.#state = 'idle'
    this.#abort = undefined
    const roomLeft = this.#wire.write(bytes, this.#onDrain, onFlushed)
    if (!roomLeft) this.#lane.awaitDrain(this.#socket)
    if (this.#lane.closing) return this.#end()
    if (cameMeanwhile) return this.#handOn()
    this.#unanswered = undefined
    if (roomLeft) this.#lane.awaitNext(this)
  }

  readonly #onDrain = () => {
    this.#lane.endDrain(this.#socket)
    if (this.#state === 'idle') this.#lane.awaitNext(this)
  }

  /** The last answer has been written: what still comes is read, or a reset could overtake the answer, and dropped. */
  #end(): void {
    this.#state = 'gone'
    this.#socket.end()
    this.#socket.resume()
  }

  /** Gives the connection, with every unanswered byte, to the full parser, for good. */
  #handOn(): void {
    this.#leave()
    this.#lane.forget(this)
    const socket = this.#socket
    socket.off('end', this.#onEnd)
    socket.off('error', this.#onClose)
    socket.off('close', this.#onClose)
    socket.pause()
    this.#wire.release()
    if (this.#unanswered) socket.unshift(Buffer.from(this.#unanswered))
    this.#lane.handOn(socket)
    socket.resume()
  }

  /** Ends it as the full parser would for the same reason, which has nothing to read here. */
  #refuse(code: string): void {
    this.#leave()
    this.#lane.refuse(code, this.#socket)
  }

  /** As node:http does, a client that ends its side counts as gone, and half a request is a fault. */
  readonly #onEnd = () => {
    if (this.#state === 'partial') return this.#refuse('HPE_INVALID_EOF_STATE')
    this.#leave()
    this.#socket.end()
  }

  readonly #onClose = () => {
    this.#leave()
    this.#lane.forget(this)
    this.#socket.destroy()
  }

  /** Waits for nothing any more. */
  #leave(): void {
    this.#state = 'gone'
    this.#abort?.abort()
    this.#abort = undefined
    this.#lane.stopWaiting(this)
  }
}
