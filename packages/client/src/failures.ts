import { ChatError } from '@poll-chat/protocol'

type Options = {
  /** A longer text for people than the reason. @default the reason */
  message?: string
  cause?: unknown
  mayHaveArrived: boolean
  retryAfterMs?: number | undefined
}

/**
 * No usable answer: none, half of one, or one that asks to come later. Asking again may help.
 * `reason` is one plain sentence without capital and full stop. `mayHaveArrived` is false when the server certainly has
 * not taken what was sent.
 */
export class ServerUnreachable extends Error {
  readonly reason: string
  readonly mayHaveArrived: boolean
  readonly retryAfterMs: number | undefined

  constructor(reason: string, options: Options) {
    super(options.message ?? reason, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ServerUnreachable'
    this.reason = reason
    this.mayHaveArrived = options.mayHaveArrived
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Something answered, but not as a poll-chat server does: a captive portal, a proxy's error page, half a body. */
export class BadAnswer extends ServerUnreachable {
  constructor(reason: string, options: Options) {
    super(reason, options)
    this.name = 'BadAnswer'
  }
}

/** Failures that pass: the same request may succeed later. Everything else is for the caller. */
export type Passing = ServerUnreachable | ChatError

export function isPassing(error: unknown): error is Passing {
  if (error instanceof ServerUnreachable) return true
  return error instanceof ChatError && (error.status >= 500 || error.status === 408 || error.status === 429)
}

/** Why a passing failure happened, in one plain sentence. */
export function reasonOf(failure: Passing): string {
  return failure instanceof ServerUnreachable
    ? failure.reason
    : `the server answered ${failure.status}: ${failure.message}`
}

/** Whether a send that failed so may be in the log all the same. An answer of 5xx leaves it open, one of 4xx does not. */
export function mayHaveArrived(failure: Passing): boolean {
  return failure instanceof ServerUnreachable ? failure.mayHaveArrived : failure.status >= 500
}
