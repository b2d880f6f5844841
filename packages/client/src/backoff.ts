/** Ceiling of the first pause before another try, in milliseconds; it doubles with every further one. */
export const FIRST_RETRY_MS = 500

/** Ceiling of every later pause, in milliseconds. */
export const LONGEST_RETRY_MS = 30_000

/** Longest `Retry-After` that is believed, in milliseconds: one wrong date must not silence a reader for good. */
export const MAX_RETRY_AFTER_MS = 10 * 60_000

/**
 * How long to pause before the try after the `attempt`th failure (1, 2, 3 …), in milliseconds. Full jitter, so that the
 * clients of a restarted server come back spread out. What the server asked for is a minimum, and the jitter comes on
 * top: clients that were all told "5" must not all come at 5.
 */
export function backoffMs(attempt: number, retryAfterMs = 0, longestMs = LONGEST_RETRY_MS): number {
  const ceiling = Math.min(longestMs, FIRST_RETRY_MS * 2 ** (attempt - 1))
  return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) + Math.random() * ceiling
}

/** A `Retry-After` header (RFC 9110 §10.2.3: seconds, or a date) in milliseconds from now; `undefined` if it is neither. */
export function parseRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1_000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
