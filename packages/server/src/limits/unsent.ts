/**
 * Bounds what is kept for clients who do not take their answers. One answer is small, and whoever takes nothing of it for a while
 * is cut off; but thousands may have one each. Nothing is counted while answers are written: who has how much left is looked at
 * now and then, of those alone who may have some left. While there are none, nothing runs.
 */
import type { RequestListener, Server } from 'node:http'
import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Tally } from '../metrics/tally.ts'

/** How often it is looked at, in milliseconds: what can be written in this time comes on top. */
const LOOK_EVERY_MS = 250

/** `answers`: how many are under way on a socket, or a stream of HTTP/2; what a socket was upgraded to is one of them. */
type Watched = { bytesOf: (socket: Duplex) => number; answers: number }

/** Whose answers may not have gone out whole. */
export class Unsent {
  readonly #maxBytes: number
  readonly #tally: Tally
  readonly #sockets = new Map<Duplex, Watched>()
  #timer: NodeJS.Timeout | undefined

  /** Over `maxBytes` in all those are cut off for whom most is kept; they come back, and go on from their cursor. */
  constructor(maxBytes: number, tally: Tally) {
    this.#maxBytes = maxBytes
    this.#tally = tally
  }

  /** Looks after connections for as long as they are open: those that are upgraded, and HTTP/2. */
  watch(server: Server): void {
    const untilClosed = (socket: Duplex) => {
      this.add(socket)
      socket.once('close', () => this.delete(socket))
    }
    server.on('upgrade', (_request, socket) => untilClosed(socket))
    server.on('secureConnection', (socket: TLSSocket) => socket.alpnProtocol === 'h2' && untilClosed(socket))
  }

  /** Looks after the listener's answers. What the streams of HTTP/2 keep is unknown to their socket. */
  during(listener: RequestListener): RequestListener {
    return (request, response) => {
      const stream: unknown = Reflect.get(response, 'stream')
      const [keeper, answer] = stream instanceof Duplex ? [stream, stream] : [request.socket, response]
      this.add(keeper, inStream)
      answer.once('close', () => this.delete(keeper))
      listener(request, response)
    }
  }

  /** An answer is under way there. Its `delete` comes when all of it has left this process. */
  add(socket: Duplex, bytesOf = inStreamOrHandle): void {
    this.#sockets.set(socket, { bytesOf, answers: (this.#sockets.get(socket)?.answers ?? 0) + 1 })
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref()
  }

  delete(socket: Duplex): void {
    const watched = this.#sockets.get(socket)
    if (watched && --watched.answers <= 0) this.#sockets.delete(socket)
  }

  #look(): void {
    const kept: { socket: Duplex; bytes: number }[] = []
    let left = 0
    for (const [socket, { bytesOf }] of this.#sockets) {
      const bytes = socket.destroyed ? 0 : bytesOf(socket)
      left += bytes
      if (socket.destroyed) this.#sockets.delete(socket)
      else if (bytes > 0) kept.push({ socket, bytes })
    }
    if (this.#sockets.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    if (left <= this.#maxBytes) return
    for (const { socket, bytes } of kept.sort((a, b) => b.bytes - a.bytes)) {
      if (left <= this.#maxBytes) return
      left -= bytes
      this.#tally.cutReaders++
      socket.destroy()
    }
  }
}

/** In the socket's own queue, which counts what its handle has of it too. */
function inStream(socket: Duplex): number {
  return socket.writableLength
}

/** Or only in that of its handle, into which the lane and HTTP/2 write. To ask a handle costs as much as all the rest. */
function inStreamOrHandle(socket: Duplex): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const queued: unknown = handle instanceof Object ? Reflect.get(handle, 'writeQueueSize') : 0
  return Math.max(inStream(socket), typeof queued === 'number' ? queued : 0)
}
