import type { Socket } from 'node:net'
import { type HttpAnswer, HttpAnswerReader } from './http-answer.ts'
import type { FetchLike } from './types.ts'

type Init = Parameters<FetchLike>[1]

/**
 * A fetch on a bare socket, for `http:` without a proxy: one request, one connection. It does what node:http does, without the
 * 6 to 10 ms that it takes to load that and to use it once: a fifth of a whole `send`.
 */
export const socketFetch: FetchLike = (url, init) =>
  new Promise((resolve, reject) => {
    const { signal } = init
    if (signal.aborted) return reject(signal.reason)
    const { hostname, port, host, pathname, search } = new URL(url)
    const where = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80), noDelay: true }
    const socket: Socket = process.getBuiltinModule('node:net').connect(where)
    const reader = new HttpAnswerReader()
    const take = (read: () => HttpAnswer | undefined) => {
      try {
        const answer = read()
        if (!answer) return
        resolve(answerOf(answer))
      } catch (error) {
        reject(error)
      }
      socket.destroy()
    }
    const abort = () => socket.destroy(signal.reason)
    signal.addEventListener('abort', abort)
    socket.on('data', (bytes) => take(() => reader.take(bytes)))
    socket.on('end', () => take(() => reader.end()))
    socket.on('error', reject)
    socket.on('close', () => signal.removeEventListener('abort', abort))
    socket.write(requestOf(host, `${pathname}${search}`, init))
  })

function requestOf(host: string, target: string, { method, headers, body }: Init): string {
  const lines = [`${method} ${target} HTTP/1.1`, `host: ${host}`, 'connection: close']
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (body !== undefined) lines.push(`content-length: ${Buffer.byteLength(body)}`)
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

function answerOf({ status, headers, body }: HttpAnswer): Awaited<ReturnType<FetchLike>> {
  return {
    status,
    headers: { get: (name) => headers.get(name.toLowerCase()) ?? null },
    text: async () => body.toString('utf8'),
  }
}
