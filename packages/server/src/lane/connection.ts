/**
 * One connection in the lane: the waiter of whatever it polls for, and nothing else is kept for it. Invariant: at most
 * one request is unanswered, and until it is answered its bytes are here, to be handed on whole.
 */
import type { Socket } from 'node:net'
import type { Batch } from '@poll-chat/protocol'
import { Waiter } from '../hub/waiter.ts'
import { batchJson } from '../log/batch.ts'
import { batchAnswer, jsonAnswer } from './answers.ts'
import type { Lane } from './lane.ts'

/** Longest head, in bytes, that the lane reads or keeps while the rest of it is awaited. Polls have a few hundred. */
const MAX_HEAD_BYTES = 8 * 1024

const END = '\r\n\r\n'

export class Connection extends Waiter {
  /** Until when it may be silent, in milliseconds of the monotonic clock; `Infinity` while it is being answered. */
  dueAt = Number.POSITIVE_INFINITY
  /** When the lane looks whether it is; the lane's own. */
  alarm = 0
  readonly #lane: Lane
  readonly #socket: Socket
  #text = ''
  #state: 'new' | 'idle' | 'partial' | 'asked' | 'gone' = 'new'
  #abort: AbortController | undefined

  constructor(lane: Lane, socket: Socket) {
    super()
    this.#lane = lane
    this.#socket = socket
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('error', this.#onClose)
    socket.on('close', this.#onClose)
  }

  /** Nothing came for the time that it may take. Half a request is for the full parser. */
  onAlarm(): void {
    if (this.#state === 'partial') this.#handOn()
    else if (this.#state === 'new') this.#refuse('ERR_HTTP_REQUEST_TIMEOUT')
    else this.#socket.destroy()
  }

  override answer(batch: Batch): void {
    if (this.#state === 'asked')
      this.#write(this.#lane.closing ? this.#closingAnswer(batchJson(batch)) : batchAnswer(batch))
  }

  answerJson(json: string, onFlushed?: () => void): void {
    if (this.#state === 'asked') this.#write(jsonAnswer(json, { close: this.#lane.closing }), onFlushed)
  }

  /** Whatever is not a plain success is said by the routes: they read the same once more. */
  override fail(): void {
    if (this.#state === 'asked') this.#handOn()
  }

  /** Ends it if nothing is under way; what is asked is answered first, and what is answered is written to its end. */
  close(): void {
    if (this.#state === 'asked' || this.#state === 'partial') return
    if (this.#socket.writableLength > 0) this.#socket.end()
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

  #closingAnswer(json: string): Buffer {
    return jsonAnswer(json, { close: true })
  }

  readonly #onData = (chunk: Buffer) => {
    const state = this.#state
    const more = chunk.toString('latin1')
    this.#text = state === 'partial' || state === 'asked' ? this.#text + more : more
    // More, before the last one is answered: pipelining is for the full parser.
    if (state === 'asked') return this.#handOn()
    const end = this.#text.indexOf(END)
    if (end === -1 && this.#mayBecomePoll()) {
      if (state !== 'partial') this.#awaitRest()
      return
    }
    this.dueAt = Number.POSITIVE_INFINITY
    if (end !== this.#text.length - END.length || this.#text.length > MAX_HEAD_BYTES) return this.#handOn()
    this.#ask()
  }

  #mayBecomePoll(): boolean {
    return this.#text.length <= MAX_HEAD_BYTES && 'GET /'.startsWith(this.#text.slice(0, 5))
  }

  /** The time for the rest runs from its first byte, however the others trickle in. */
  #awaitRest(): void {
    this.#state = 'partial'
    this.#lane.awaitRest(this)
  }

  #ask(): void {
    const read = this.#lane.read(this.#text)
    if (!read) return this.#handOn()
    // The lane's copy of the same text, so that a thousand who ask alike share one.
    this.#text = read.text
    this.#state = 'asked'
    this.#lane.answer(this, read.poll)
  }

  #write(bytes: Buffer, onFlushed?: () => void): void {
    this.#state = 'idle'
    this.#text = ''
    this.#abort = undefined
    const flushed = onFlushed && ((error?: Error | null) => !error && onFlushed())
    const roomLeft = this.#socket.write(bytes, flushed)
    if (this.#lane.closing) return this.#end()
    if (roomLeft) return this.#lane.awaitNext(this)
    // Who does not read is not read either; how long a large answer takes is the client's affair.
    this.#socket.pause()
    this.#socket.once('drain', this.#onDrain)
  }

  readonly #onDrain = () => {
    if (this.#state !== 'idle') return
    this.#lane.awaitNext(this)
    this.#socket.resume()
  }

  /** The last answer has been written: what still comes is read, or a reset could overtake the answer, and dropped. */
  #end(): void {
    this.#socket.off('data', this.#onData)
    this.#socket.end()
    this.#socket.resume()
  }

  /** Gives the connection, with every unanswered byte, to the full parser, for good. */
  #handOn(): void {
    this.#leave()
    this.#lane.forget(this)
    const socket = this.#socket
    socket.off('data', this.#onData)
    socket.off('end', this.#onEnd)
    socket.off('error', this.#onClose)
    socket.off('close', this.#onClose)
    socket.pause()
    if (this.#text !== '') socket.unshift(Buffer.from(this.#text, 'latin1'))
    this.#lane.handOn(socket)
    socket.resume()
  }

  /** Ends it as the full parser would for the same reason, which has nothing to read here. */
  #refuse(code: string): void {
    this.#leave()
    this.#socket.off('data', this.#onData)
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
