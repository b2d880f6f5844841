/**
 * Bounds what is kept for clients who do not take their answers. One answer is small, and whoever takes nothing of it for a while
 * is cut off; but thousands may have one each. Nothing is counted while answers are written: who has how much left is looked at now and then.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Tally } from '../metrics/tally.ts'

/** How often it is looked at, in milliseconds: what can be written in this time comes on top. */
const LOOK_EVERY_MS = 250

/** Over the bound those are cut off for whom most is kept; they come back, and go on from their cursor. */
export function limitUnsent(server: Server, maxBytes: number, tally: Tally): void {
  const sockets = new Set<Socket>()
  const add = (socket: Socket) => {
    if (sockets.has(socket)) return
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  }
  server.on('connection', add)
  server.on('secureConnection', add) // what TLS has not encrypted yet
  const looking = setInterval(look, LOOK_EVERY_MS).unref()
  server.once('close', () => clearInterval(looking))

  function look(): void {
    const kept: { socket: Socket; bytes: number }[] = []
    let left = 0
    for (const socket of sockets) {
      const bytes = unsentBytes(socket)
      if (bytes === 0) continue
      kept.push({ socket, bytes })
      left += bytes
    }
    if (left <= maxBytes) return
    for (const { socket, bytes } of kept.sort((a, b) => b.bytes - a.bytes)) {
      if (left <= maxBytes) return
      left -= bytes
      tally.cutReaders++
      socket.destroy()
    }
  }
}

/** In the socket's own queue; or in that of its handle, into which the lane writes. The first counts what is in the second too. */
function unsentBytes(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const queued: unknown = handle instanceof Object ? Reflect.get(handle, 'writeQueueSize') : 0
  return Math.max(socket.writableLength, typeof queued === 'number' ? queued : 0)
}
