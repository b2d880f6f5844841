import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ServerConfig } from '../../src/config.ts'
import { type RunningServer, startServer } from '../../src/server.ts'
import { type Ask, askServer } from '../http.ts'

/** A server with real sockets, which closes when the test is over. */
export async function serving(config: Partial<ServerConfig> = {}): Promise<RunningServer & { ask: Ask }> {
  const server = await startServer({ host: '127.0.0.1', port: 0, engine: 'memory:', logLevel: 'silent', ...config })
  onTestFinished(() => server.close())
  return { ...server, ask: askServer(server.url) }
}

/** A plain connection: what is written is what is sent. `answer` has what came back so far. */
export async function connection(url: string) {
  const { hostname, port } = new URL(url)
  const socket: Socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  let answer = ''
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text
  })
  const ended = new Promise<void>((resolve) => socket.once('end', resolve).once('close', () => resolve()))
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  return {
    socket,
    answer: () => answer,
    get: (path: string) => socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
    /** Until the server ends its side. */
    ended: async () => {
      await ended
      return answer
    },
  }
}

/** Head and body of an answer as it came through a plain connection. */
export function parseAnswer(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  const [status = '', ...lines] = head.split('\r\n')
  const headers = new Headers(
    lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
  return { status: Number(status.split(' ')[1]), headers, body }
}
