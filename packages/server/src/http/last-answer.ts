/**
 * The end of a connection behind its last answer. Node closes it once the system has taken the answer; but what a client has sent by then
 * and nobody has read, or sends later, makes the system reset the connection, and what it had not read yet is lost (RFC 9112 §9.6).
 */
import type { Socket } from 'node:net'

/** How long a client that has been told of the end may take to close its side, in milliseconds. */
const LINGER_MS = 5_000

/** From now on the socket ends its side first, drops what still comes, and closes when its client does. */
export function linger(socket: Socket): void {
  socket.destroySoon = () => {
    socket.removeAllListeners('data').on('data', () => undefined) // away from the parser
    socket.resume()
    socket.end(() => {
      const cut = setTimeout(() => socket.destroy(), LINGER_MS).unref()
      socket.once('close', () => clearTimeout(cut))
    })
  }
}
