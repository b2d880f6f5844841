/** How many connections there may be, of one address and in all. Before anything else looks at them. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Limits } from '../limits/limits.ts'
import type { Tally } from '../metrics/tally.ts'
import { refuseConnection } from './refuse.ts'

/** Connections that are being told why they are refused. From then on they are just cut: a flood is not worth an answer. */
const MAX_REFUSALS = 100

/** Call it when everybody else listens for connections. `isPlain`: whether a client would understand an answer without TLS. */
export function limitConnections(
  server: Server,
  limits: Limits,
  { isPlain, tally }: { isPlain: boolean; tally: Tally },
): void {
  const accept = server.listeners('connection')
  const counted = new WeakSet<Socket>()
  let refusals = 0
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    if (counted.has(socket) || admit(socket)) {
      for (const listener of accept) Reflect.apply(listener, server, [socket])
    }
  })

  function admit(socket: Socket): boolean {
    const { connections } = limits
    const address = limits.connectionOf(socket.remoteAddress)
    if (!connections.hasRoom(address)) {
      refuse(socket)
      return false
    }
    counted.add(socket)
    connections.enter(address)
    socket.once('close', () => connections.leave(address))
    return true
  }

  function refuse(socket: Socket): void {
    tally.refusedConnections++
    if (!isPlain || refusals >= MAX_REFUSALS) return void socket.destroy()
    refusals++
    socket.once('close', () => refusals--)
    socket.on('error', () => socket.destroy())
    refuseConnection(socket)
  }
}
