import type { Marker } from './mentions.ts'
import type { Span, Style, Theme } from './theme.ts'
import { type Row, wrapText } from './wrap.ts'

/** A part of a text that looks or acts in another way than the rest. */
type Part = { start: number; end: number; style?: Style; link?: string }

/** What has no scheme, blanks or brackets around it; a full stop or a closing bracket at its end belongs to the sentence. */
const ADDRESS = /\bhttps?:\/\/[^\s<>"'`{}|\\^]+/giu
const AFTER_ADDRESS = /[.,;:!?)\]»”’。，、！？）」』]+$/u

/** The rows of a text, its links and what the markers find marked. */
export function textRows(
  text: string,
  columns: number,
  style: Style,
  theme: Theme,
  markers: readonly Marker[] = [],
): Span[][] {
  const parts = [
    ...(theme.links ? linksIn(text) : []),
    ...markers.flatMap((marker) => [...markedIn(text, marker, theme)]),
  ]
  parts.sort((a, b) => a.start - b.start)
  return wrapText(text, columns, 'hang').map((row) => pieces(row, text, parts, style).map(isolate))
}

function* linksIn(text: string): Generator<Part> {
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = trimAddress(found)
    const url = URL.parse(address)
    // As the URL standard writes it: nothing but printable ASCII, so nothing in it can end the sequence that it is put in.
    if (url && /^[\x21-\x7e]+$/.test(url.href) && url.username === '')
      yield { start: index, end: index + address.length, link: url.href }
  }
}

/** A closing bracket stays if the address has its opening one: Wikipedia's addresses end so. */
function trimAddress(found: string): string {
  const trimmed = found.replace(AFTER_ADDRESS, '')
  return found.charAt(trimmed.length) === ')' && trimmed.includes('(') && !trimmed.includes(')')
    ? `${trimmed})`
    : trimmed
}

function* markedIn(text: string, marker: Marker, theme: Theme): Generator<Part> {
  for (const { start, end } of marker.of(text)) yield { start, end, style: theme.mention }
}

function pieces(row: Row, text: string, parts: readonly Part[], style: Style): Span[] {
  const end = row.start + row.text.length
  if (text.slice(row.start, end) !== row.text) return [{ text: row.text, style }] // a cluster too wide for the screen
  const spans: Span[] = []
  let at = row.start
  for (const part of parts) {
    const [from, to] = [Math.max(part.start, at), Math.min(part.end, end)]
    if (from >= to) continue
    if (from > at) spans.push({ text: text.slice(at, from), style })
    const special = { text: text.slice(from, to), style: { ...style, ...part.style } }
    spans.push(part.link === undefined ? special : { ...special, link: part.link })
    at = to
  }
  if (at < end || spans.length === 0) spans.push({ text: text.slice(at, end), style })
  return spans
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const LEFT_TO_RIGHT_MARK = '\u200e'

/** Hebrew or Arabic between marks, so that a terminal that reorders text cannot let it pull time, name or frame along. */
export function isolate(span: Span): Span {
  return RIGHT_TO_LEFT.test(span.text) ? { ...span, text: LEFT_TO_RIGHT_MARK + span.text + LEFT_TO_RIGHT_MARK } : span
}
