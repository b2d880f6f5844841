/** What an HTTP answer means: the value, a refusal in the server's words, or something that is not ours. */
import type { ErrorCode, Problem } from '@poll-chat/protocol'
import { ChatError, CursorReset, PROBLEMS } from '@poll-chat/protocol'
import { parseRetryAfter } from './backoff.ts'
import { BadAnswer, ServerUnreachable } from './failures.ts'
import type { Shape } from './shapes.ts'
import { isCursor, isProblem, isResetReason } from './shapes.ts'
import type { FetchLike } from './types.ts'

export type Answer = Pick<Awaited<ReturnType<FetchLike>>, 'status' | 'headers'> & { text: string }

/** Statuses under 500 that pass by themselves: timeout, too early, too many requests; and a 410 that is not ours. */
const PASSING = new Set([408, 410, 425, 429])

/** The nearest code of our table for a refusal that is not in its terms. */
const NEAREST: Record<number, ErrorCode> = {
  401: 'key-required',
  403: 'host-not-allowed',
  404: 'not-found',
  405: 'method-not-allowed',
  413: 'body-too-large',
  414: 'url-too-long',
  431: 'head-too-large',
}

/** @throws ChatError, CursorReset as the server says so; ServerUnreachable, BadAnswer for what may pass */
export function readAnswer<T>(answer: Answer, shape: Shape<T>): T {
  const { status } = answer
  const type = answer.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? 'nothing'
  if (status < 200 || status > 299) throw refusal(answer, type)

  if (!type.endsWith('json'))
    throw new BadAnswer(`this is not a poll-chat server (answered ${type})`, { mayHaveArrived: true })
  const value = parseJson(answer.text)
  if (value === undefined) throw new BadAnswer('the answer was cut short', { mayHaveArrived: true })
  if (!shape(value)) throw new BadAnswer('the answer is not one of a poll-chat server', { mayHaveArrived: true })
  return value
}

function refusal(answer: Answer, type: string): Error {
  const { status } = answer
  const problem = type === 'application/problem+json' ? parseProblem(answer.text) : undefined
  const retryAfterMs = longer(parseRetryAfter(answer.headers.get('retry-after')), problem?.retry_after_ms)
  const known = problem && knownProblem(problem, status, retryAfterMs)
  if (known) return known

  const detail = problem?.detail.slice(0, 300)
  if (status >= 400 && status < 500 && !PASSING.has(status)) {
    const code = NEAREST[status] ?? 'bad-request'
    return new ChatError(
      code,
      detail ?? `The address answered ${status}, and not as a poll-chat server does. Is it the right one?`,
    )
  }
  const options = { mayHaveArrived: status >= 500, retryAfterMs }
  if (detail !== undefined) return new ServerUnreachable(`the server answered ${status}: ${detail}`, options)
  if (status >= 400) return new ServerUnreachable(`the server answered ${status} (${type})`, options)
  const location = answer.headers.get('location')
  return new BadAnswer(
    `the address answered ${status}${location ? ` and points to ${location.slice(0, 300)}` : ''}`,
    options,
  )
}

/** A problem in the terms of our table; its code must belong to the status that it came with. */
export function knownProblem(
  problem: Problem,
  status = problem.status,
  retryAfterMs = problem.retry_after_ms,
): ChatError | undefined {
  const { code, detail, reason, oldest, newest } = problem
  if (!isErrorCode(code) || PROBLEMS[code][0] !== status) return undefined
  if (code !== 'cursor-reset') return new ChatError(code, detail, retryAfterMs === undefined ? {} : { retryAfterMs })
  const whole = isResetReason(reason) && isCursor(oldest) && isCursor(newest)
  return whole ? new CursorReset(reason, oldest, newest) : undefined
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(PROBLEMS, code)
}

function parseProblem(text: string): Problem | undefined {
  const value = parseJson(text)
  return isProblem(value) ? value : undefined
}

/** `undefined` for what is not JSON, which JSON itself cannot say. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function longer(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
}
