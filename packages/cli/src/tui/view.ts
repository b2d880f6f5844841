import type { FollowOptions, Status } from '@poll-chat/client'
import type { Editor } from './editor.ts'
import { widthOf } from './graphemes.ts'
import type { ItemLayout, Line } from './item-lines.ts'
import type { Span, Theme } from './theme.ts'
import type { Item } from './transcript.ts'
import { type Anchor, Viewport } from './viewport.ts'
import { wrapLine, wrapText } from './wrap.ts'

export type Connection = { state: 'connecting' } | Status

export type Size = { columns: number; rows: number }

/** Who chats where: what the status line says of it. */
export type Where = { room: string; uid: string; host: string; mode: FollowOptions['mode'] }

/** The whole screen as rows: the transcript's `height` rows, the hint, the status line, the box. */
export type View = {
  size: Size
  viewport: Viewport
  height: number
  lines: readonly Line[]
  /** Where the cursor is, from the upper left corner, in cells. */
  cursor: { x: number; y: number }
}

type State = {
  where: Where
  size: Size
  items: readonly Item[]
  layout: ItemLayout
  theme: Theme
  editor: Editor
  anchor: Anchor | undefined
  connection: Connection
  hint: string | undefined
  missed: number
  now: number
}

const PROMPT = '> '

export function composeView(state: State): View {
  const { size, items, layout, theme, anchor } = state
  const box = composeBox(state.editor, size)
  const status = size.rows > box.lines.length ? [statusLine(state)] : []
  const hint = state.hint !== undefined && size.rows > box.lines.length + 2 ? [hintLine(state.hint, size, theme)] : []
  const height = Math.max(0, size.rows - box.lines.length - status.length - hint.length)
  const viewport = new Viewport(items, layout, height)
  const seen = viewport.visible(anchor)
  const blank = Array.from({ length: height - seen.length }, (_, i): Line => ({ key: `blank ${i}`, spans: [] }))
  return {
    size,
    viewport,
    height,
    lines: [...blank, ...seen, ...hint, ...status, ...box.lines],
    cursor: { x: box.cursor.x, y: height + hint.length + status.length + box.cursor.y },
  }
}

/** The box grows with its text up to a third of the screen, then it scrolls. One column is left for the cursor. */
function composeBox(
  { text, cursor }: Editor,
  { columns, rows }: Size,
): { lines: Line[]; cursor: { x: number; y: number } } {
  const prompt = columns > PROMPT.length + 2 ? PROMPT : ''
  const wrapped = wrapText(text, Math.max(1, columns - prompt.length - 1), 'keep')
  const at = Math.max(
    0,
    wrapped.findLastIndex((row) => row.start <= cursor),
  )
  const height = Math.min(wrapped.length, Math.max(1, Math.floor(rows / 3)))
  const first = Math.max(0, at - height + 1)
  const lines = wrapped.slice(first, first + height).map(
    (row, i): Line => ({
      key: `box ${i}`,
      spans: [
        { text: first + i === 0 ? prompt : ' '.repeat(prompt.length), style: { bold: true } },
        { text: row.text },
      ],
    }),
  )
  const x = prompt.length + widthOf(text.slice(wrapped[at]?.start ?? 0, cursor))
  return { lines, cursor: { x: Math.min(x, columns - 1), y: at - first } }
}

function hintLine(hint: string, { columns }: Size, theme: Theme): Line {
  return { key: 'hint', spans: [{ text: cut(hint, columns), style: theme.failed }] }
}

function statusLine({ where, size, theme, connection, missed, anchor, now }: State): Line {
  const style = connection.state === 'live' ? theme.status : theme.warning
  const more = missed > 0 ? ` ↓ ${missed} new ` : anchor ? ' ↓ more ' : ''
  const right = cut(more, size.columns)
  const room = size.columns - widthOf(right)
  const left = cut(statusText(where, connection, now, room), room)
  const spans: Span[] = [{ text: left + ' '.repeat(room - widthOf(left)), style }]
  if (right) spans.push({ text: right, style: { ...style, bold: true } })
  return { key: 'status', spans }
}

/** What goes wrong comes first, so that a narrow screen shows it; the host goes where there is no room for all. */
function statusText(where: Where, connection: Connection, now: number, room: number): string {
  const said = describe(connection, now)
  const whole = (uid: string) => {
    const parts = [where.room, uid, where.mode]
    if (said !== '') parts.splice(connection.state === 'live' ? parts.length : 0, 0, said)
    return ` ${parts.join(' · ')}`
  }
  const text = whole(`${where.uid}@${where.host}`)
  return widthOf(text) <= room ? text : whole(where.uid)
}

function describe(connection: Connection, now: number): string {
  if (connection.state === 'connecting') return 'connecting'
  if (connection.state === 'live') return connection.latencyMs === undefined ? '' : `${connection.latencyMs} ms`
  const seconds = Math.ceil((connection.retryAt - now) / 1_000)
  return `reconnecting ${seconds > 0 ? `in ${seconds} s` : 'now'}: ${connection.reason}`
}

/** The part of a line that fits. */
function cut(text: string, columns: number): string {
  return columns < 1 ? '' : (wrapLine(text, columns, 'keep')[0]?.text ?? '')
}
