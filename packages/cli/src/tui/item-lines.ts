import { t } from '../messages/language.ts'
import { actionIn } from '../slash-commands.ts'
import { widthOf } from './graphemes.ts'
import type { Item, Local, Said } from './items.ts'
import type { Marker } from './mentions.ts'
import { isolate, textRows } from './spans.ts'
import type { Span, Style, Theme } from './theme.ts'
import { dateTimeOf, dayOf, timeOf } from './times.ts'
import { wrapText } from './wrap.ts'

/** One row of the screen, wrapped already: it is never wider than the screen. */
export type Line = { key: string; spans: readonly Span[] }

/** The lines of one item. `lead` of them are the line with the date, which depends on the item before. */
export type ItemLines = { lines: readonly Line[]; lead: number }

/** How much of the time stands before a message. */
export type Times = 'none' | 'time' | 'full'

/** All that decides how items look. */
export type Look = {
  columns: number
  theme: Theme
  times: Times
  markers?: readonly Marker[]
  /** The key of the message that was looked for. */
  found?: string | undefined
}

/** Items whose lines are kept. Several screens of them; the rest is laid out again when somebody scrolls there. */
const MAX_KEPT = 4_000

/** Messages of one sender within this time are grouped, in milliseconds. */
const GROUP_MS = 5 * 60_000

/** Lays out items, and remembers the last few thousand: an item never changes. */
export class ItemLayout {
  readonly #look: Look
  readonly #kept = new Map<Item, { isGrouped: boolean; lines: readonly Line[] }>()

  constructor(look: Look) {
    this.#look = look
  }

  /** @param isTop whether it is the first on the screen, where the name of a group must be said again */
  linesOf(item: Item, before: Item | undefined, isTop = false): ItemLines {
    const isSameDay = before !== undefined && dayOf(before.at) === dayOf(item.at)
    const body = this.#bodyOf(item, isSameDay && !isTop && continues(item, before))
    if (isSameDay || item.kind === 'gap') return { lines: body, lead: 0 }
    const day = rule(`${item.key} day`, dayOf(item.at), this.#look.columns, this.#look.theme.quiet)
    return { lines: [day, ...body], lead: 1 }
  }

  #bodyOf(item: Item, isGrouped: boolean): readonly Line[] {
    const known = this.#kept.get(item)
    if (known) this.#kept.delete(item) // and put in again as the one that was used last
    const kept = known?.isGrouped === isGrouped ? known : { isGrouped, lines: layOut(item, isGrouped, this.#look) }
    this.#kept.set(item, kept)
    if (this.#kept.size > MAX_KEPT)
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest)
        break
      }
    return kept.lines
  }
}

/** Whether a message goes on where its sender stopped, so that the name need not be said again. */
function continues(item: Item, before: Item): boolean {
  return isSpeech(item) && isSpeech(before) && item.uid === before.uid && item.at - before.at < GROUP_MS
}

function isSpeech(item: Item): item is Said | Local {
  return item.kind === 'message' || item.kind === 'local'
}

/** What became of an own message, that another's is for the reader or was looked for; others' have a blank there. */
const MARKS = { pending: '◌', sent: '✓', failed: '✗', mention: '@', found: '→', other: ' ' } as const

function layOut(item: Item, isGrouped: boolean, look: Look): Line[] {
  const { columns, theme } = look
  switch (item.kind) {
    case 'unread':
      return [rule(item.key, t.chat.unread, columns, theme.unread)]
    case 'gap':
      return [rule(item.key, item.isLost ? t.chat.gapLost : t.chat.gapNotLoaded, columns, theme.quiet)]
    case 'notice':
      return indented(item.key, '• ', item.text, theme.quiet, look)
    case 'message':
      return speech(
        item,
        look.found === item.key ? MARKS.found : markOf(item),
        item.own ? theme.own : theme.sender(item.uid),
        item.isDeleted ? theme.quiet : {},
        isGrouped,
        look,
      )
    case 'local': {
      const lines = speech(
        item,
        MARKS[item.state],
        theme.own,
        item.state === 'failed' ? {} : theme.quiet,
        isGrouped,
        look,
      )
      if (item.state === 'pending') return lines
      const why = t.chat.refused(item.reason)
      return [...lines, ...indented(`${item.key} why`, '  ', why, theme.failed, look)]
    }
  }
}

function markOf({ own, mentions }: Said): string {
  if (own) return MARKS.sent
  return mentions ? MARKS.mention : MARKS.other
}

function styleOf(mark: string, name: Style, theme: Theme): Style {
  if (mark === MARKS.failed) return theme.failed
  if (mark === MARKS.found) return theme.mention
  return mark === MARKS.mention ? name : theme.quiet
}

function indented(key: string, mark: string, text: string, style: Style, { columns, theme }: Look): Line[] {
  return textRows(text, Math.max(1, columns - mark.length), style, theme).map((spans, i) => ({
    key: `${key} ${i}`,
    spans: [{ text: i === 0 ? mark : ' '.repeat(mark.length), style }, ...spans],
  }))
}

/**
 * `12:01 ✓ alice text`, further rows below the text; a name too long for that has its own row. What a sender says next
 * stands below without the name.
 */
function speech(item: Said | Local, mark: string, name: Style, text: Style, isGrouped: boolean, look: Look): Line[] {
  const { columns, theme, markers } = look
  const time = clock(item.at, look)
  const head: Span[] = [
    { text: time, style: theme.quiet },
    { text: `${mark} `, style: styleOf(mark, name, theme) },
  ]
  const headWidth = time.length + 2
  const action = actionIn(item.text)
  const uid = action === undefined ? item.uid : `* ${item.uid}`
  const nameWidth = widthOf(uid)
  const isOnOneRow = headWidth + nameWidth + 1 <= columns / 2
  const indent = isOnOneRow ? headWidth + nameWidth + 1 : Math.min(headWidth, 2)
  const rows = textRows(action ?? item.text, Math.max(1, columns - indent), text, theme, markers)
  const called: Span =
    isGrouped && action === undefined ? { text: ' '.repeat(nameWidth) } : isolate({ text: uid, style: name })
  const body = rows.map((spans, i): Line => {
    const before: Span[] = isOnOneRow && i === 0 ? [...head, called, { text: ' ' }] : [{ text: ' '.repeat(indent) }]
    return { key: `${item.key} ${i}`, spans: [...before, ...spans] }
  })
  if (isOnOneRow) return body
  const nameRows = wrapText(uid, Math.max(1, columns - headWidth), 'hang')
  return [
    ...nameRows.map(
      (row, i): Line => ({
        key: `${item.key} name ${i}`,
        spans: [...(i === 0 ? head : [{ text: ' '.repeat(headWidth) }]), isolate({ text: row.text, style: name })],
      }),
    ),
    ...body,
  ]
}

function clock(at: number, { columns, times }: Look): string {
  if (times === 'full' && columns >= 40) return `${dateTimeOf(at)} `
  return times !== 'none' && columns >= 24 ? `${timeOf(at)} ` : ''
}

/** `── text ─────`, over the whole width. */
function rule(key: string, text: string, columns: number, style: Style): Line {
  const label = `── ${text} `
  return { key, spans: [{ text: label.padEnd(columns, '─').slice(0, columns), style }] }
}
