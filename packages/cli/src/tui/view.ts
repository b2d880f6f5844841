import type { FollowOptions, Status } from '@poll-chat/client'
import { t } from '../messages/language.ts'
import { shownRoom } from '../room-keys.ts'
import type { Editor } from './editor.ts'
import { widthOf } from './graphemes.ts'
import type { ItemLayout, Line } from './item-lines.ts'
import type { Place } from './items.ts'
import type { Unread } from './other-rooms.ts'
import { composePanel, cut, type Panel } from './panel.ts'
import type { People } from './people.ts'
import { isolate } from './spans.ts'
import type { Span, Theme } from './theme.ts'
import { secondOf } from './times.ts'
import { type Anchor, type Items, Viewport } from './viewport.ts'
import { wrapText } from './wrap.ts'

export type Connection = { state: 'connecting' } | Status

export type Size = { columns: number; rows: number }

/** Who chats where: what the status line says of it. */
export type Where = { room: string; uid: string; host: string; mode: FollowOptions['mode'] }

/** What came below the reader, and how much of it mentions them. */
export type Missed = { count: number; mentions: number }

/** The connection is back: how long it was away, and what had come meanwhile. */
export type Returned = { afterMs: number; count: number }

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
  items: Items
  /** Whether the conversation is in the terminal's own scrollback: drawn is what is still to come there. */
  isInline: boolean
  layout: ItemLayout
  theme: Theme
  editor: Editor
  panel: Panel | undefined
  anchor: Anchor | undefined
  /** What is before it was cleared away, and is scrolled to. */
  floor: Place | undefined
  connection: Connection
  /** Since when the server cannot be reached, in milliseconds of `Date.now()`. */
  lostAt: number | undefined
  returned: Returned | undefined
  hint: string | undefined
  /** Other rooms in which something is unread. */
  others: readonly Unread[]
  people: People
  missed: Missed
  now: number
}

const PROMPT = '> '

export function composeView(state: State): View {
  const { size, items, layout, theme, anchor } = state
  const box = composeBox(state.editor, size)
  const status = size.rows > box.lines.length ? [statusLine(state)] : []
  const hint = hintLines(state, Math.min(MAX_HINT_ROWS, size.rows - box.lines.length - 2))
  const above = size.rows - box.lines.length - status.length - hint.length
  const panel = composePanel(state.panel, size.columns, above, theme)
  const room = Math.max(0, above - panel.lines.length)
  const height = state.isInline ? Math.min(room, pendingRows(state)) : room
  const viewport = new Viewport(items, layout, height, state.floor)
  const isEmpty = items.length === 0 && state.connection.state === 'live'
  const seen = isEmpty ? emptyRoom(size, theme).slice(0, height) : viewport.visible(anchor)
  const blank = Array.from({ length: height - seen.length }, (_, i): Line => ({ key: `blank ${i}`, spans: [] }))
  return {
    size,
    viewport,
    height,
    lines: [...blank, ...seen, ...panel.lines, ...hint, ...status, ...box.lines],
    cursor: panel.cursor
      ? { x: panel.cursor.x, y: height + panel.cursor.y }
      : { x: box.cursor.x, y: height + panel.lines.length + hint.length + status.length + box.cursor.y },
  }
}

/** Who is alone with a blank screen is told what to do. */
function emptyRoom({ columns }: Size, theme: Theme): Line[] {
  const rows = wrapText(t.chat.emptyRoom, columns, 'hang')
  return rows.map(({ text }, i) => ({ key: `empty ${i}`, spans: [{ text, style: theme.quiet }] }))
}

function pendingRows({ items, layout }: State): number {
  let rows = 0
  for (let i = items.length - 1; items.at(i)?.kind === 'local'; i--) {
    const [item, before] = [items.at(i), items.at(i - 1)]
    if (item) rows += layout.linesOf(item, before).lines.length
  }
  return rows
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

/** Rows that a hint may take from the conversation. */
const MAX_HINT_ROWS = 3

function hintLines({ hint, size, theme }: State, rows: number): Line[] {
  if (hint === undefined || rows < 1) return []
  const wrapped = wrapText(hint, size.columns, 'hang').slice(0, rows)
  return wrapped.map(({ text }, i) => ({ key: `hint ${i}`, spans: [isolate({ text, style: theme.failed })] }))
}

function statusLine(state: State): Line {
  const { size, theme, connection } = state
  const style = connection.state === 'live' ? theme.status : theme.warning
  const right = cut(typing(state) + elsewhere(state) + below(state), size.columns)
  const room = size.columns - widthOf(right)
  const left = cut(statusText(state, room), room)
  // A row that is as wide as the terminal is broken by it when it gets narrower; on a full screen that is drawn anew.
  const fill = ' '.repeat(state.isInline ? 1 : room - widthOf(left))
  const spans: Span[] = [isolate({ text: left + fill, style })]
  if (right) spans.push({ text: right, style: { ...style, bold: true } })
  return { key: 'status', spans }
}

function typing({ people }: State): string {
  const shown = people.typing.slice(0, SHOWN_TYPING)
  return shown.length === 0 ? '' : ` ${t.chat.typing(shown.join(', '), people.typing.length - shown.length)} `
}

/** People who type whom the status line has place for. */
const SHOWN_TYPING = 2

/** ` tea 3 · ops 12!`: the `!` says that somebody is mentioned there. */
function elsewhere({ others }: State): string {
  const shown = [...others].sort((a, b) => b.mentions - a.mentions || b.count - a.count).slice(0, SHOWN_ROOMS)
  const more = others.length > shown.length ? ' …' : ''
  const rooms = shown.map(({ room, count, mentions }) => `${room} ${count}${mentions > 0 ? '!' : ''}`)
  return rooms.length === 0 ? '' : ` ${rooms.join(' · ')}${more} `
}

/** Other rooms that the status line has place for. */
const SHOWN_ROOMS = 3

/** What is below the reader who scrolled up. */
function below({ missed: { count, mentions }, anchor }: State): string {
  if (count === 0) return anchor ? ` ↓ ${t.chat.more} ` : ''
  return ` ↓ ${t.chat.below(count, mentions)} `
}

/** What goes wrong comes first, so that a narrow screen shows it; the host goes where there is no room for all. */
function statusText(state: State, room: number): string {
  const { where, connection, people } = state
  const said = describe(state)
  const whole = (uid: string) => {
    const parts = [shownRoom(where.room), uid, modeText(where, connection)]
    if (people.here.length > 0) parts.push(t.chat.here(people.here.length))
    if (said !== '') parts.splice(connection.state === 'live' ? parts.length : 0, 0, said)
    return ` ${parts.join(' · ')}`
  }
  const text = whole(`${where.uid}@${where.host}`)
  return widthOf(text) <= room ? text : whole(where.uid)
}

/** With `auto`, also the way that is in use. */
function modeText({ mode }: Where, connection: Connection): string {
  const way = connection.state === 'live' ? connection.chosen?.way : undefined
  return way === undefined ? mode : `${mode}: ${way}`
}

function describe({ connection, lostAt, returned, now }: State): string {
  if (connection.state === 'connecting') return t.chat.connecting
  if (connection.state === 'live') {
    const parts = connection.latencyMs === undefined ? [] : [`${connection.latencyMs} ms`]
    if (returned && returned.afterMs >= WORTH_SAYING_MS)
      parts.push(t.chat.back(duration(returned.afterMs), returned.count))
    return parts.join(' · ')
  }
  const seconds = Math.ceil((connection.retryAt - now) / 1_000)
  const lastSeen = lostAt === undefined ? undefined : secondOf(lostAt)
  return t.chat.reconnecting(seconds, connection.attempt, lastSeen, t.reason(connection.reason))
}

/** An interruption shorter than this is nobody's concern. */
const WORTH_SAYING_MS = 2_000

function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  return seconds < 3_600 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`
}
