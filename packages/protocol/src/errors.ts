import type { Problem, ResetReason } from './types.ts'

/** Every code a problem document may carry, with its HTTP status and title. */
export const PROBLEMS = {
  'bad-request': [400, 'The request is not valid'],
  'bad-cursor': [400, 'Not a cursor'],
  'blank-text': [400, 'The text is blank'],
  'key-required': [401, 'This server needs a key'],
  'cross-site': [403, 'Another web site may not do this'],
  'admin-only': [403, 'This is for the operator'],
  banned: [403, 'This uid is banned'],
  'uid-taken': [403, 'This uid is claimed by somebody else'],
  'host-not-allowed': [403, 'This host name is not served'],
  'not-found': [404, 'There is nothing here'],
  'method-not-allowed': [405, 'This method is not served here'],
  timeout: [408, 'The request came too slowly'],
  'cursor-reset': [410, 'The log cannot go on from this cursor'],
  'body-too-large': [413, 'The body is too large'],
  'text-too-long': [413, 'The text is too long'],
  'url-too-long': [414, 'The URL is too long'],
  'id-reused': [422, 'This id belongs to another message'],
  'upgrade-required': [426, 'This is served over WebSocket only'],
  'too-many-requests': [429, 'Too many requests'],
  'head-too-large': [431, 'The request head is too large'],
  internal: [500, 'Something went wrong in the server'],
  'not-supported': [501, 'This server cannot do that'],
  'log-unavailable': [503, 'The log cannot be reached or written'],
  draining: [503, 'The server is shutting down'],
} as const satisfies Record<string, readonly [number, string]>

export type ErrorCode = keyof typeof PROBLEMS

type Options = { cause?: unknown; retryAfterMs?: number }

/** An error that its reader may see: a code from the table above and a sentence that says what to do. */
export class ChatError extends Error {
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, detail: string, options: Options = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ChatError'
    this.code = code
    this.retryAfterMs = options.retryAfterMs
  }

  get status(): number {
    return PROBLEMS[this.code][0]
  }

  toProblem(): Problem {
    const [status, title] = PROBLEMS[this.code]
    const problem: Problem = { type: 'about:blank', title, status, code: this.code, detail: this.message }
    return this.retryAfterMs === undefined ? problem : { ...problem, retry_after_ms: this.retryAfterMs }
  }
}

/**
 * A cursor that the log cannot honour. `oldest` is the cursor from which everything that the log holds follows,
 * `newest` its head: the reader chooses.
 */
export class CursorReset extends ChatError {
  readonly reason: ResetReason
  readonly oldest: string
  readonly newest: string

  constructor(reason: ResetReason, oldest: string, newest: string) {
    super('cursor-reset', `${RESET_DETAILS[reason]} Go on from "oldest" or "newest".`)
    this.reason = reason
    this.oldest = oldest
    this.newest = newest
  }

  override toProblem(): Problem {
    return { ...super.toProblem(), reason: this.reason, oldest: this.oldest, newest: this.newest }
  }
}

const RESET_DETAILS: Record<ResetReason, string> = {
  ahead: 'The cursor is after the newest message: the log was wiped or restored from an older copy.',
  trimmed: 'The cursor is before the oldest message that is still kept.',
  diverged: 'The message at the cursor is another one: the log was wiped or restored from an older copy.',
}
