/** `--since`: a place in a room, said as an index, a cursor, an age or a time. */
import type { Client } from '@poll-chat/client'
import { CursorReset, parseCursor } from '@poll-chat/protocol'
import { UsageError } from './failure.ts'
import { t } from './messages/language.ts'

/** `cursor`: what stands after it. `time`: what was sent at or after it, in milliseconds of `Date.now()`. */
export type Since = { type: 'cursor'; cursor: string } | { type: 'time'; atMs: number }

const UNITS_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** `12`, `12~6b379b9b`, `all`, `2h`, `1h30m`, `2026-11-24`, `2026-11-24T10:00`, `2026-11-24T10:00Z` */
export function parseSince(given: string, nowMs: number): Since {
  if (given === 'all') return { type: 'cursor', cursor: '0' }
  if (parseCursor(given)) return { type: 'cursor', cursor: given }
  const ageMs = ageMsOf(given)
  const atMs = ageMs === undefined ? parseTime(given) : nowMs - ageMs
  if (atMs === undefined) throw new UsageError(t.tail.notSince(given))
  return { type: 'time', atMs }
}

/** `2h`, `1h30m`, `90d`, in milliseconds; `undefined` if it is no age. */
export function ageMsOf(given: string): number | undefined {
  if (!/^(\d{1,6}[smhdw])+$/.test(given)) return undefined
  let ageMs = 0
  for (const [, count, unit] of given.matchAll(/(\d+)([smhdw])/g)) ageMs += Number(count) * (UNITS_MS[unit ?? ''] ?? 0)
  return ageMs
}

/** ISO 8601 with a date; without a zone it is local time. */
function parseTime(given: string): number | undefined {
  const parts = /^(\d{4}-\d\d-(\d\d))(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(given)
  if (!parts) return undefined
  const [, date, day, time = '00:00', zone = ''] = parts
  // The 30th of February would count as the 2nd of March.
  if (new Date(`${date}T00:00Z`).getUTCDate() !== Number(day)) return undefined
  const atMs = Date.parse(`${date}T${time}${zone}`)
  return Number.isNaN(atMs) ? undefined : atMs
}

/**
 * The cursor after which everything follows that was sent at a time or later, found by halving: the index grows with the
 * time, so a room of ten million messages takes 24 short polls, whatever the engine. Where the server's clock was set
 * back, it is one of the places that fit.
 */
export async function cursorAt(client: Client, room: string, atMs: number): Promise<string> {
  let cursor = '0'
  let before = 0 // everything up to this index is older
  const { messages: newest } = await client.history(room, { limit: 1 })
  let after = newest.at(-1)?.index ?? 0 // nothing after this index is older
  while (before < after) {
    const middle = before + Math.floor((after - before) / 2)
    const probe = await firstAfter(client, room, middle)
    if (probe !== undefined && Date.parse(probe.at) < atMs) {
      before = probe.index
      cursor = probe.cursor
    } else after = middle
  }
  return cursor
}

const LONG_AGO = new Date(0).toISOString()

async function firstAfter(client: Client, room: string, index: number) {
  try {
    const { messages, next } = await client.poll(room, { after: `${index}`, limit: 1 })
    return messages[0] && { index: messages[0].index, at: messages[0].at, cursor: next }
  } catch (error) {
    if (!(error instanceof CursorReset && error.reason === 'trimmed')) throw error
    // What is no longer kept is older than all that is.
    const { oldest } = error
    return { index: Math.max(index + 1, parseCursor(oldest)?.index ?? 0), at: LONG_AGO, cursor: oldest }
  }
}
