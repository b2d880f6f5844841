/** What the transcript shows, row by row: lines grouped by day and sender, the line above what is new, what is on its way. */
import type { Letter } from './outbox.ts'
import type { GapLine, Line, MessageLine } from './room.ts'

export type Row =
  | { type: 'day'; key: string; at: number }
  | { type: 'new'; key: string }
  | (MessageLine & { isFirst: boolean })
  | GapLine
  | { type: 'letter'; key: string; letter: Letter; isFirst: boolean }

/** Lines of one sender within this time stand under one name, in milliseconds. */
const GROUP_MS = 5 * 60_000

export function rowsOf(lines: readonly Line[], letters: readonly Letter[], firstUnread: string | undefined): Row[] {
  const rows: Row[] = []
  let day = ''
  let before: { uid: string; at: number } | undefined
  for (const line of lines) {
    if (line.type === 'gap') {
      rows.push(line)
      before = undefined
      continue
    }
    const at = Date.parse(line.message.at)
    const { uid } = line.message.from
    const today = dayOf(at)
    const isGoingOn = before?.uid === uid && at - before.at <= GROUP_MS && today === day && line.key !== firstUnread
    if (today !== day) rows.push({ type: 'day', key: `day ${line.key}`, at })
    if (line.key === firstUnread) rows.push({ type: 'new', key: 'new' })
    rows.push({ ...line, isFirst: !isGoingOn })
    day = today
    before = { uid, at }
  }
  for (const [i, letter] of letters.entries()) {
    rows.push({ type: 'letter', key: letter.id, letter, isFirst: i === 0 })
  }
  return rows
}

function dayOf(at: number): string {
  return Number.isNaN(at) ? 'unknown' : new Date(at).toDateString()
}
