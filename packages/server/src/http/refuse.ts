import type { Socket } from 'node:net'
import { ChatError, type ErrorCode, MAX_HEAD_BYTES } from '@poll-chat/protocol'
import { problemHeaders, problemJson } from '../middleware/errors.ts'

/** How long a client that was refused may take to close its side, in milliseconds. */
const REFUSED_MS = 1_000

/** What Node takes for a request and the application cannot: without a valid `Host` it has no URL. */
export function refuseWithoutUrl(error: unknown): Response {
  const detail = error instanceof Error ? error.message : 'There is no valid Host.'
  const problem = new ChatError('bad-request', `${detail}.`, { cause: error })
  return new Response(problemJson(problem.toProblem()), { status: problem.status, headers: problemHeaders(problem) })
}

/** What Node refuses before there is a request. */
export function refuseRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const problem = new ChatError(...clientProblem(error.code))
  const body = problemJson(problem.toProblem())
  const headers = { ...problemHeaders(problem), 'Content-Length': Buffer.byteLength(body), Connection: 'close' }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${problem.status} ${problem.toProblem().title}\r\n${head.join('')}\r\n${body}`)
  // Read on, or a reset could overtake the answer; but not for as long as a client likes that never closes its side.
  socket.resume()
  const cut = setTimeout(() => socket.destroy(), REFUSED_MS)
  socket.once('close', () => clearTimeout(cut))
}

function clientProblem(code: string | undefined): [ErrorCode, string] {
  if (code === 'HPE_HEADER_OVERFLOW') return ['head-too-large', `URL and headers are over ${MAX_HEAD_BYTES} bytes.`]
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['timeout', 'The request did not arrive in time.']
  return ['bad-request', 'This is not HTTP/1.1.']
}
