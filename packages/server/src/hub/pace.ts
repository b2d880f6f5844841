/**
 * How often a room is woken. A lone message wakes at once. After a wake the room rests for a time in proportion to
 * what the wake cost, so that under a burst an answer carries many messages instead of one: more deliveries for less
 * work, and as a rule no more than a fixed share of the process for one room.
 */
import { MAX_WAKE_DELAY_MS } from '@poll-chat/protocol'

/** Rest for each millisecond of work: a fifth of the time goes to one room's wakes, more where the longest rest is too short. */
const REST_PER_COST = 4

/** How long to rest after a wake, in milliseconds; 0 for one too cheap to matter. */
export function restAfter(costMs: number): number {
  const rest = Math.min(costMs * REST_PER_COST, MAX_WAKE_DELAY_MS)
  return rest < 1 ? 0 : rest
}
