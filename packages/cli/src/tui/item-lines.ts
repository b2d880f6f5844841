import { widthOf } from './graphemes.ts'
import type { Span, Style, Theme } from './theme.ts'
import type { Item } from './transcript.ts'
import { wrapText } from './wrap.ts'

/** One row of the screen, wrapped already: it is never wider than the screen. */
export type Line = { key: string; spans: readonly Span[] }

/** The lines of one item. `lead` of them are the line with the date, which depends on the item before. */
export type ItemLines = { lines: readonly Line[]; lead: number }

/** Lays out items for one width, and remembers: an item never changes. */
export class ItemLayout {
  readonly columns: number
  readonly #theme: Theme
  #bodies = new WeakMap<Item, readonly Line[]>()

  constructor(columns: number, theme: Theme) {
    this.columns = columns
    this.#theme = theme
  }

  linesOf(item: Item, before: Item | undefined): ItemLines {
    let body = this.#bodies.get(item)
    if (!body) {
      body = layOut(item, this.columns, this.#theme)
      this.#bodies.set(item, body)
    }
    if (before !== undefined && dayOf(before.at) === dayOf(item.at)) return { lines: body, lead: 0 }
    const day = rule(`${item.key} day`, dayOf(item.at), this.columns, this.#theme.quiet)
    return { lines: [day, ...body], lead: 1 }
  }
}

/** A dot in a circle, a tick, a cross: what became of an own message. Others' messages have a blank there. */
const MARKS = { pending: '◌', sent: '✓', failed: '✗' } as const

function layOut(item: Item, columns: number, theme: Theme): Line[] {
  switch (item.kind) {
    case 'unread':
      return [rule(item.key, 'unread', columns, theme.unread)]
    case 'notice':
      return wrapText(item.text, Math.max(1, columns - 2), 'hang').map((row, i) => ({
        key: `${item.key} ${i}`,
        spans: [
          { text: i === 0 ? '• ' : '  ', style: theme.quiet },
          { text: row.text, style: theme.quiet },
        ],
      }))
    case 'message':
      return speech(
        item,
        item.own ? MARKS.sent : ' ',
        item.own ? theme.own : theme.sender(item.uid),
        {},
        columns,
        theme,
      )
    case 'local': {
      const failed = item.state === 'failed'
      const lines = speech(item, MARKS[item.state], theme.own, failed ? {} : theme.quiet, columns, theme)
      if (!failed) return lines
      const why = `  ${item.reason ?? 'refused'} (Ctrl-R sends it again, /edit brings it back)`
      const rows = wrapText(why, columns, 'hang')
      return [
        ...lines,
        ...rows.map((row, i) => ({ key: `${item.key} why ${i}`, spans: [{ text: row.text, style: theme.failed }] })),
      ]
    }
  }
}

type Speech = { key: string; at: number; uid: string; text: string }

/** `12:01 ✓ alice text`, further rows below the text; a name too long for that has its own row. */
function speech(item: Speech, mark: string, nameStyle: Style, textStyle: Style, columns: number, theme: Theme): Line[] {
  const time = columns >= 24 ? `${timeOf(item.at)} ` : ''
  const markStyle = mark === MARKS.failed ? theme.failed : theme.quiet
  const head: Span[] = [
    { text: time, style: theme.quiet },
    { text: `${mark} `, style: markStyle },
  ]
  const headWidth = time.length + 2
  const nameWidth = widthOf(item.uid)
  const onOneRow = headWidth + nameWidth + 1 <= columns / 2
  const indent = onOneRow ? headWidth + nameWidth + 1 : Math.min(headWidth, 2)
  const rows = wrapText(item.text, Math.max(1, columns - indent), 'hang')
  const body = rows.map(
    (row, i): Line => ({
      key: `${item.key} ${i}`,
      spans:
        onOneRow && i === 0
          ? [...head, { text: item.uid, style: nameStyle }, { text: ' ' }, { text: row.text, style: textStyle }]
          : [{ text: ' '.repeat(indent) }, { text: row.text, style: textStyle }],
    }),
  )
  if (onOneRow) return body
  const nameRows = wrapText(item.uid, Math.max(1, columns - headWidth), 'hang')
  const name = nameRows.map(
    (row, i): Line => ({
      key: `${item.key} name ${i}`,
      spans: [...(i === 0 ? head : [{ text: ' '.repeat(headWidth) }]), { text: row.text, style: nameStyle }],
    }),
  )
  return [...name, ...body]
}

/** `── text ─────`, over the whole width. */
function rule(key: string, text: string, columns: number, style: Style): Line {
  const label = `── ${text} `
  return { key, spans: [{ text: label.padEnd(columns, '─').slice(0, columns), style }] }
}

// Made with the first message: a first one takes as long as a fifth of all of Node's start, and the first frame has no date.
let times: Intl.DateTimeFormat | undefined
const timeFormat = () => (times ??= new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }))
let days: Intl.DateTimeFormat | undefined
const dayFormat = () =>
  (days ??= new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }))

/** A server may say anything: a date that is none must not throw here. */
function timeOf(at: number): string {
  return Number.isNaN(at) ? '--:--' : timeFormat().format(at)
}

let lastDay = { from: 0, to: 0, name: '' }

/** Formatting a date is slow, and nearly always it is the same day as before. */
function dayOf(at: number): string {
  if (Number.isNaN(at)) return 'unknown day'
  if (at >= lastDay.from && at < lastDay.to) return lastDay.name
  const from = new Date(at).setHours(0, 0, 0, 0)
  const to = new Date(at).setHours(24, 0, 0, 0)
  lastDay = { from, to, name: dayFormat().format(at) }
  return lastDay.name
}
