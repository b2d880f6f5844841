/**
 * Requests that are pipelined on one connection are shown to the application one after the other, each when the answer before it has
 * left this process. Node shows all that one read brought at once: a read of 64 KiB can ask for a thousand large answers, all of which
 * would be made and kept, whether or not their client reads. And only what changes nothing may be done side by side (RFC 9112 §9.3.2).
 */
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that wait behind an answer before the rest is left to the system, and to its client. One read may bring more. */
const MAX_BEHIND = 8

export class Turns {
  /** What waits behind the answer that is under way, of connections that have one. */
  readonly #behind = new Map<Socket, (() => void)[]>()
  #onDone: (() => void) | undefined

  /** With HTTP/2 nothing waits: the memory of a session is bounded. */
  take(listener: RequestListener): RequestListener {
    return (request, response) => {
      if (request.httpVersionMajor !== 1) return listener(request, response)
      const { socket } = request
      const show = () => {
        response.once('close', () => this.#showNext(socket))
        listener(request, response)
      }
      const queue = this.#behind.get(socket)
      if (queue) {
        if (queue.push(show) >= MAX_BEHIND) socket.pause()
      } else {
        this.#behind.set(socket, [])
        show()
      }
    }
  }

  /** Resolves when no answer is under way. */
  done(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#behind.size === 0) resolve()
      else this.#onDone = resolve
    })
  }

  #showNext(socket: Socket): void {
    const queue = this.#behind.get(socket)
    const next = socket.writable ? queue?.shift() : undefined
    if (next) {
      if (queue?.length === 0) socket.resume()
      return next()
    }
    if (socket.writable || socket.destroyed) this.#forget(socket)
    else socket.once('close', () => this.#forget(socket)) // its last answer: not done before the client has it
  }

  #forget(socket: Socket): void {
    this.#behind.delete(socket)
    if (this.#behind.size === 0) this.#onDone?.()
  }
}
