/**
 * Who asks to speak another protocol. A WebSocket to a room gets a session; everybody else is answered over HTTP, as if
 * they had not asked (RFC 9110 §7.8): Java's client asks for `h2c` with every first request. Not node-server's own
 * `upgradeWebSocket`: its refusals have no body, and it leaves other upgrades hanging.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ChatError, MAX_FRAME_BYTES } from '@poll-chat/protocol'
import { problemSchema, roomSchema, socketQuerySchema } from '@poll-chat/protocol/schemas'
import type { Logger } from 'pino'
import { WebSocketServer } from 'ws'
import type { App } from '../app.ts'
import { type Alarm, Deadlines } from '../hub/deadlines.ts'
import type { Hub } from '../hub/hub.ts'
import { readForwarded } from '../limits/addresses.ts'
import type { Limits } from '../limits/limits.ts'
import type { Log } from '../log/contract.ts'
import type { Tally } from '../metrics/tally.ts'
import { crossSiteFault } from '../middleware/cross-site.ts'
import { problemResponse } from '../middleware/errors.ts'
import type { Presence } from '../presence/presence.ts'
import { refusalToRead, SocketSession } from '../routes/socket-session.ts'
import { toChatError } from '../routes/validation.ts'
import { isSecure } from './open-server.ts'
import { answerAndEnd } from './refuse.ts'

/** `closeTimeout`: how long a client may take to answer a closing handshake, in milliseconds. */
const HANDSHAKE = { noServer: true, clientTracking: false, maxPayload: MAX_FRAME_BYTES, closeTimeout: 2_000 }

const SOCKET_PATH = /^\/v1\/rooms\/([^/]+)\/socket$/

/** Headers of this one connection. What is left says who asks. */
const HOP_BY_HOP = /^(connection|upgrade|keep-alive|content-length|http2-settings|sec-websocket-.*)$/i

/** What no credential of a hello would change. */
const FINAL = new Set(['cross-site', 'host-not-allowed'])

type Options = { app: App; hub: Hub; presence: Presence; tally: Tally; log: Log; limits: Limits; logger: Logger }

export type Upgrades = {
  /** Ends the sessions in order. Call it when the hub has drained. */
  close(): void
  /** Cuts off those that are left. */
  closeAll(): void
}

/** Takes the upgrades of a server. */
export function acceptUpgrades(server: Server, options: Options): Upgrades {
  const { app, hub, presence, tally, log, limits, logger } = options
  const handshake = new WebSocketServer(HANDSHAKE)
  handshake.on('wsClientError', ({ message }, socket) => {
    void answerAndEnd(socket, problemResponse(new ChatError('bad-request', `${message}.`)))
  })
  const alarms = new Deadlines<Alarm>(({ run }) => run())
  const sessions = new Set<SocketSession>()

  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const target = targetOf(request)
    if (!target) return serveWithoutUpgrade(server, request, socket, head)
    const ignore = () => undefined // `ws` has a listener of its own from the handshake on
    socket.on('error', ignore)
    upgrade(request, socket, head, target).catch((error: unknown) => {
      if (!(error instanceof ChatError)) logger.error({ err: error }, 'unexpected error')
      const fault = error instanceof ChatError ? error : new ChatError('internal', 'Unexpected; it was logged.')
      return answerAndEnd(socket, problemResponse(fault))
    })
  })

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, target: URL): Promise<void> {
    const { room, after, limit, ephemeral: seen, hello, ...reader } = readTarget(target)
    const headers = ownHeaders(request)
    const fault = crossSiteFault('GET', (name) => headers.get(name) ?? undefined)
    if (fault) throw fault
    const ask = async (path: string, init: RequestInit) =>
      app.fetch(new Request(new URL(path, target), init), { incoming: request })
    const forwarded = readForwarded((name) => headers.get(name) ?? undefined)
    const address = limits.addressOf(request.socket.remoteAddress, forwarded)
    const client = { room, after, headers, reader, address, ask }
    // Before a hello it is not known which room is meant, so nobody may be seen in one.
    const refusal = await refusalToRead(hello ? { ...client, reader: {} } : client)
    if (refusal && (await isFinal(refusal))) return answerAndEnd(socket, refusal)
    if (socket.destroyed) return
    handshake.handleUpgrade(request, socket, head, (opened) => {
      const head = (name: string) => log.head(name)
      const options = { ...client, seen, limit, presence, tally, hub, logger, alarms, head }
      const session = new SocketSession(opened, options)
      sessions.add(session)
      opened.on('close', () => sessions.delete(session))
      session.start(!refusal && !hello)
    })
  }

  return {
    close() {
      for (const session of sessions) void session.drain()
    },
    closeAll() {
      for (const session of sessions) session.terminate()
    },
  }
}

/** The address of a WebSocket that is asked for; nothing for everything else. */
function targetOf({ method, url = '', headers }: IncomingMessage): URL | undefined {
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return undefined
  const target = url.startsWith('/') ? URL.parse(url, `http://${headers.host}`) : null
  return target && SOCKET_PATH.test(target.pathname) ? target : undefined
}

/** @throws ChatError */
function readTarget(target: URL) {
  const room = SOCKET_PATH.exec(target.pathname)?.[1] ?? ''
  const query = Object.fromEntries(target.searchParams)
  const result = targetSchema.safeParse({ room: decode(room), ...query })
  if (!result.success) throw toChatError(result.error)
  return result.data
}

const targetSchema = socketQuerySchema.extend({ room: roomSchema })

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    throw new ChatError('bad-request', 'The URL has percent signs that encode no UTF-8.', { cause })
  }
}

function ownHeaders({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    if (!HOP_BY_HOP.test(name)) for (const value of values) headers.append(name, value)
  }
  return headers
}

/** Whether showing more could not change a refusal. */
async function isFinal(refusal: Response): Promise<boolean> {
  if (![401, 403, 404].includes(refusal.status)) return true
  return FINAL.has(problemSchema.parse(await refusal.clone().json()).code)
}

/** Gives the connection back, with the request as it would be without the wish to upgrade, and all that followed it. */
function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value] = rawHeaders.slice(i, i + 2)
    if (!/^(connection|upgrade|http2-settings)$/i.test(name)) lines.push(`${name}: ${value}`)
  }
  socket.unshift(head)
  socket.unshift(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'))
  server.emit(isSecure(socket) ? 'secureConnection' : 'connection', socket)
}
