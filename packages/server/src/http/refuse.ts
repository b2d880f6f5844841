import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ChatError, type ErrorCode, MAX_HEAD_BYTES, MAX_HEADERS } from '@poll-chat/protocol'
import { Alarm, Deadlines } from '../hub/deadlines.ts'
import { problemHeaders, problemJson, problemResponse } from '../middleware/errors.ts'
import { COMMON_HEADERS } from '../middleware/headers.ts'

/** How long a client that was refused may take to close its side, in milliseconds. */
const REFUSED_MS = 1_000

/** Node's code for a request that did not arrive in time. */
export const TOO_LATE = 'ERR_HTTP_REQUEST_TIMEOUT'

/** Late ones that are refused in one turn of the event loop. Thousands are late at once when they came at once. */
export const LATE_SLICE = 4

/** What Node takes for a request and the application cannot: without a valid `Host` it has no URL. */
export function refuseWithoutUrl(error: unknown): Response {
  const detail = error instanceof Error ? error.message : 'There is no valid Host.'
  return problemResponse(new ChatError('bad-request', `${detail}.`, { cause: error }), new Headers(COMMON_HEADERS))
}

/** For what Node refuses before there is a request. Those that it finds late are refused a few at a time. */
export function refuseRequests(): (error: Error & { code?: string }, socket: Socket) => void {
  const late = new Deadlines<Alarm>(({ run }) => run(), LATE_SLICE)
  return ({ code }, socket) => {
    if (code === TOO_LATE) late.set(new Alarm(() => refuseRequest(code, socket)), 0)
    else refuseRequest(code, socket)
  }
}

/** What came, or did not come, is no request. `code`: Node's for the reason. */
export function refuseRequest(code: string | undefined, socket: Socket): void {
  if (!socket.writable || code === 'ECONNRESET') socket.destroy()
  else end(socket, requestProblem(code))
}

/** Made once each: thousands of slow connections can be over at the same moment. */
const requestProblems = new Map<string, string>()

function requestProblem(nodeCode: string | undefined): string {
  const [code, detail] = clientProblem(nodeCode)
  const known = requestProblems.get(code) ?? problemText(new ChatError(code, detail))
  requestProblems.set(code, known)
  return known
}

/** There are too many already. */
export function refuseConnection(socket: Socket): void {
  const detail = 'Too many connections; close some, or try again in a moment.'
  endWith(socket, new ChatError('too-many-requests', detail, { retryAfterMs: 1_000 }))
}

/** Somebody takes this for a proxy. */
export function refuseTunnel(socket: Duplex): void {
  socket.on('error', () => socket.destroy())
  endWith(socket, new ChatError('method-not-allowed', 'This is no proxy: it is served with GET and POST.'), {
    Allow: 'GET, POST',
  })
}

/** An answer to a request that has a socket and nothing else. */
export async function answerAndEnd(socket: Duplex, response: Response): Promise<void> {
  const headers = new Headers(COMMON_HEADERS)
  for (const [name, value] of response.headers) headers.set(name, value)
  for (const name of ['content-length', 'connection']) headers.delete(name)
  end(socket, answerText(response.status, [...headers], await response.text()))
}

function endWith(socket: Duplex, problem: ChatError, further: Record<string, string> = {}): void {
  end(socket, problemText(problem, further))
}

function problemText(problem: ChatError, further: Record<string, string> = {}): string {
  const headers = { ...COMMON_HEADERS, ...problemHeaders(problem), ...further }
  return answerText(problem.status, Object.entries(headers), problemJson(problem.toProblem()))
}

function answerText(status: number, headers: [string, string][], body: string): string {
  const all = [...headers, ['Content-Length', `${Buffer.byteLength(body)}`], ['Connection', 'close']]
  const head = all.map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head.join('')}\r\n${body}`
}

function end(socket: Duplex, answer: string): void {
  socket.end(answer)
  // Read on, or a reset could overtake the answer; but not for as long as a client likes that never closes its side.
  socket.resume()
  const cut = setTimeout(() => socket.destroy(), REFUSED_MS)
  socket.once('close', () => clearTimeout(cut))
}

function clientProblem(code: string | undefined): [ErrorCode, string] {
  if (code === 'HPE_HEADER_OVERFLOW')
    return ['head-too-large', `URL and headers are over ${MAX_HEAD_BYTES} bytes, or more than ${MAX_HEADERS} headers.`]
  if (code === TOO_LATE) return ['timeout', 'The request did not arrive in time.']
  return ['bad-request', 'This is not HTTP/1.1.']
}
