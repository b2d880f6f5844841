/**
 * The server that listens. With a certificate it speaks TLS, and HTTP/2 to those who ask for it; every other connection
 * is HTTP/1.1 and goes the same way as without TLS, so that lane, limits and upgrades need not know the difference.
 */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2'
import { createServer as createSecureServer } from 'node:https'
import { TLSSocket } from 'node:tls'
import type { Certificate } from './certificate.ts'

/** How long a TLS handshake may take, in milliseconds. */
const HANDSHAKE_MS = 10_000

/** Requests under way on one HTTP/2 connection: more than a browser has, and its memory is bounded. */
const MAX_STREAMS = 100
const MAX_SESSION_MEGABYTES = 2

/** With TLS, the event of a connection that HTTP/1.1 is to be spoken on. */
const HTTP1 = 'http1Connection'

/** `arrival`: the event with which a connection comes that HTTP/1.1 is to be spoken on. */
export type Opened = {
  server: Server
  arrival: string
  /** Shows another certificate from now on; connections that are open keep theirs. */
  renew(certificate: Certificate): void
  /** Ends HTTP/2 connections when what is under way on them is done. */
  closeIdle(): void
  /** Cuts them off. */
  closeAll(): void
}

type Options = { certificate: Certificate | undefined; http: ServerOptions; stillMs: number; listener: RequestListener }

export function openServer({ certificate, http, stillMs, listener }: Options): Opened {
  if (!certificate) {
    const server = createServer(http, listener)
    return {
      server,
      arrival: 'connection',
      renew: () => undefined,
      closeIdle: () => undefined,
      closeAll: () => undefined,
    }
  }
  const tls = { ...certificate, ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: HANDSHAKE_MS }
  const server = createSecureServer({ ...http, ...tls }, listener)
  const sessions = speakHttp2(server, listener, stillMs)
  return {
    server,
    arrival: HTTP1,
    renew: (next) => server.setSecureContext(next),
    closeIdle: () => {
      for (const session of sessions) session.close()
    },
    closeAll: () => {
      for (const session of sessions) session.destroy()
    },
  }
}

/** Takes the connections that have agreed on HTTP/2. Returns those that are open. */
function speakHttp2(server: Server, listener: RequestListener, stillMs: number): Set<ServerHttp2Session> {
  const settings = { maxConcurrentStreams: MAX_STREAMS }
  const http2 = createHttp2Server({ settings, maxSessionMemory: MAX_SESSION_MEGABYTES })
  http2.on('request', (request, response) => void Reflect.apply(listener, server, [request, response]))
  const sessions = new Set<ServerHttp2Session>()
  http2.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    session.setTimeout(stillMs, () => session.destroy())
  })
  http2.on('sessionError', () => undefined) // what breaks the protocol ends its session
  const accept = server.listeners('secureConnection')
  server.removeAllListeners('secureConnection')
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') http2.emit('connection', socket)
    else server.emit(HTTP1, socket)
  })
  for (const one of accept) server.on(HTTP1, (socket: TLSSocket) => void Reflect.apply(one, server, [socket]))
  return sessions
}

export function isSecure(socket: object): boolean {
  return socket instanceof TLSSocket
}
