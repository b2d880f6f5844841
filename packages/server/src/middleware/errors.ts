/** The one place where errors become answers: RFC 9457 problem documents. */
import { ChatError, CursorReset, type Problem } from '@poll-chat/protocol'
import type { ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Logger } from 'pino'
import type { AppEnv } from '../context.ts'
import { count, type Tally } from '../metrics/tally.ts'

export function errorHandler(explain: Explain): ErrorHandler<AppEnv> {
  return (error, context) => problemResponse(explain(error, context.req.path), context.res.headers)
}

/** What the reader may see of an error; the rest goes to the server's log, never into the answer. */
export type Explain = (error: unknown, path: string) => ChatError

export function explaining(logger: Logger, tally: Tally): Explain {
  return (error, path) => {
    const known = asChatError(error)
    if (!known) logger.error({ err: error, path }, 'unexpected error')
    else if (known.status >= 500) logger.warn({ err: known, path }, known.message)
    const explained = known ?? new ChatError('internal', 'Unexpected; the server has logged it.')
    count(tally.problems, explained.code)
    if (explained instanceof CursorReset) tally.resets[explained.reason]++
    return explained
  }
}

function asChatError(error: unknown): ChatError | undefined {
  if (error instanceof ChatError) return error
  if (error instanceof HTTPException && error.status < 500) return new ChatError('bad-request', error.message)
  if (isGone(error)) return new ChatError('bad-request', 'The request ended early.', { cause: error })
  return undefined
}

/** The client went away in the middle of its request: nobody's fault here, and nobody is left to be told. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET'
}

export function problemResponse(error: ChatError, further?: Headers): Response {
  const headers = new Headers(further)
  for (const [name, value] of Object.entries(problemHeaders(error))) headers.set(name, value)
  return new Response(problemJson(error.toProblem()), { status: error.status, headers })
}

export function problemHeaders(error: ChatError): Record<string, string> {
  return {
    'Content-Type': 'application/problem+json',
    ...(error.retryAfterMs === undefined ? {} : { 'Retry-After': `${Math.ceil(error.retryAfterMs / 1000)}` }),
    ...(error.code === 'key-required' ? { 'WWW-Authenticate': 'Bearer realm="poll-chat"' } : {}),
  }
}

export function problemJson(problem: Problem): string {
  return JSON.stringify(problem)
}
