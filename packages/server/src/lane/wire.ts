/**
 * The bytes of a connection, in and out, straight at Node's handle for its TCP socket. Node's streams above it cost a third
 * of what answering a poll does: 64 KiB for each read, cut down to what came and collected later, and three objects, a
 * tick and a callback for each write, although nearly every answer goes out at once. The handle's methods are those that
 * Node's own sockets call. Where one of them is missing, as it may be in some later Node, and for TLS, the socket's
 * `data` event and `write` are used instead: the same, slower.
 */
import type { Socket } from 'node:net'
import { SLOW_READER_SECONDS } from '@poll-chat/protocol'
import { type Handle, handles, type Reader } from './handles.ts'

/** Into which all connections are read. More than the lane reads as one request: whatever comes is one, as a rule. */
const buffer = Buffer.allocUnsafeSlow(64 * 1024)

/** What came last, again: those who poll ask alike, and a view costs more than to compare its length. */
let view = buffer.subarray(0, 0)

export interface Receiver {
  /** The bytes are valid until it returns: what it keeps it copies. */
  onBytes(bytes: Buffer): void
}

export class Wire implements Reader {
  readonly #socket: Socket
  readonly #receiver: Receiver
  readonly #handle: Handle | undefined
  #onData: Receiver['onBytes'] | undefined
  #isReleased = false

  constructor(socket: Socket, receiver: Receiver) {
    this.#socket = socket
    this.#receiver = receiver
    this.#handle = handles?.take(socket, buffer, this)
    if (this.#handle) return
    this.#onData = (bytes) => receiver.onBytes(bytes)
    socket.on('data', this.#onData)
  }

  onRead(count: number): void {
    if (view.length !== count) view = buffer.subarray(0, count)
    this.#receiver.onBytes(view)
  }

  /**
   * Returns false if not all of it went out: then nothing is read, `onDrain` is called when it has, and the socket is
   * destroyed when nothing of it has moved for `SLOW_READER_SECONDS`. Slow is no fault. `onFlushed` is called, if
   * given, when the bytes have left this process.
   */
  write(bytes: Buffer, onDrain: () => void, onFlushed?: () => void): boolean {
    const socket = this.#socket
    if (!this.#handle || !handles || onFlushed) {
      const roomLeft = socket.write(bytes, onFlushed && ((error) => error || onFlushed()))
      if (!roomLeft) this.#awaitDrain((drained) => socket.once('drain', drained), onDrain)
      return roomLeft
    }
    const written = handles.write(this.#handle, bytes)
    if (written === 'failed') socket.destroy()
    else if (written !== 'all') this.#awaitDrain(written.onEnd, onDrain)
    return written === 'all'
  }

  /** Whether something is still to go out. */
  get isWriting(): boolean {
    return this.#socket.writableLength > 0 || (this.#handle?.writeQueueSize ?? 0) > 0
  }

  /** From now on what comes is for the socket's own listeners, as with any other socket. */
  release(): void {
    this.#isReleased = true
    if (this.#handle) handles?.release(this.#socket, this.#handle, buffer)
    else if (this.#onData) this.#socket.off('data', this.#onData)
  }

  #awaitDrain(onEnd: (drained: () => void) => void, onDrain: () => void): void {
    const socket = this.#socket
    socket.pause()
    let left = this.#handle?.writeQueueSize
    const onStill = () => {
      if (this.#isReleased) return
      const before = left
      left = this.#handle?.writeQueueSize
      if (left === before) socket.destroy()
      else socket.setTimeout(SLOW_READER_SECONDS * 1000, onStill)
    }
    socket.setTimeout(SLOW_READER_SECONDS * 1000, onStill)
    onEnd(() => {
      if (this.#isReleased || socket.destroyed) return
      socket.setTimeout(0, onStill)
      socket.resume()
      onDrain()
    })
  }
}
