/**
 * Requests that are pipelined on one connection are shown to the application one after the other, each when the answer before it has
 * left this process. Node shows all that one read brought at once: a read of 64 KiB can ask for a thousand large answers, all of which
 * would be made and kept, whether or not their client reads. And only what changes nothing may be done side by side (RFC 9112 §9.3.2).
 */
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { inStream, type Unsent } from '../limits/unsent.ts'

/** Requests that wait behind an answer before the rest is left to the system, and to its client. One read may bring more. */
const MAX_BEHIND = 8

/** `unsent` is told whose answer is under way. With HTTP/2 nothing waits: its streams have bounds of their own. */
export function inTurn(listener: RequestListener, unsent: Pick<Unsent, 'add' | 'delete'>): RequestListener {
  /** What waits behind the answer that is under way, of connections that have one. */
  const behind = new WeakMap<Socket, (() => void)[]>()
  return (request, response) => {
    if (request.httpVersionMajor !== 1) return listener(request, response)
    const { socket } = request
    const show = () => {
      unsent.add(socket, inStream)
      response.once('close', () => showNext(socket))
      listener(request, response)
    }
    const queue = behind.get(socket)
    if (!queue) {
      behind.set(socket, [])
      return show()
    }
    if (queue.push(show) >= MAX_BEHIND) socket.pause()
  }

  function showNext(socket: Socket): void {
    unsent.delete(socket)
    const queue = behind.get(socket)
    const next = queue?.shift()
    if (!next) behind.delete(socket)
    else if (socket.writable) {
      if (queue?.length === 0) socket.resume()
      next()
    }
  }
}
