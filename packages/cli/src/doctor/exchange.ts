/** One request with all that can be seen of it: the socket, the times, the headers of whoever answered. */
import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

export type Answer = {
  status: number
  headers: http.IncomingHttpHeaders
  text: string
  /** From the request to the first byte of the answer, in milliseconds. */
  tookMs: number
  /** Whether an open connection was used again. */
  isReused: boolean
  remoteAddress: string | undefined
  tls: { protocol: string; authority: string; validUntil: Date } | undefined
}

type Options = {
  key?: string | undefined
  agent?: http.Agent | false
  /** Gives up after so long, in milliseconds. */
  timeoutMs: number
  signal: AbortSignal
}

/** An agent that keeps one connection to the server. */
export function keepOne(url: URL): http.Agent {
  const options = { keepAlive: true, maxSockets: 1 }
  return url.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options)
}

/** @throws the network's error; a TimeoutError when there was no answer in time */
export function exchange(url: URL, { key, agent = false, timeoutMs, signal }: Options): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const askedAt = performance.now()
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` }
    const { request } = url.protocol === 'https:' ? https : http
    const asked = request(
      url,
      { agent, headers, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) },
      (response) => {
        const tookMs = performance.now() - askedAt
        const { socket } = response
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text = (text + chunk).slice(0, 100_000)
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            tookMs,
            isReused: asked.reusedSocket,
            remoteAddress: socket.remoteAddress,
            tls: tlsOf(socket),
          }),
        )
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}

function tlsOf(socket: Socket): Answer['tls'] {
  if (!(socket instanceof TLSSocket)) return undefined
  const { issuer, valid_to: validTo } = socket.getPeerCertificate()
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    authority: String(issuer?.O ?? issuer?.CN ?? '?'),
    validUntil: new Date(validTo),
  }
}
