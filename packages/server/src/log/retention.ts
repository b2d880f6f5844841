/** What is the same in every engine about how long messages are kept. */
import type { Retention } from './contract.ts'

/** How long the id of a message that is no longer kept is still known, in milliseconds: a send that is repeated finds it. */
export const REMEMBER_TRIMMED_MS = 3_600_000

/** Messages may be kept so much longer than their age: a tenth, but a second at least and a minute at most. */
const SWEEP_MS = { least: 1_000, most: 60_000 }

/** How often all rooms are to be looked at, in milliseconds. */
export function sweepMs({ ageMs = Number.POSITIVE_INFINITY }: Retention): number {
  return Math.min(Math.max(ageMs / 10, SWEEP_MS.least), SWEEP_MS.most)
}
