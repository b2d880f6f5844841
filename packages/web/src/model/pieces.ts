/** A text in pieces: plain text, links and mentions. Text only ever becomes a text node; a link has http or https. */
import { mentionsIn } from './mentions.ts'

export type Piece =
  | { type: 'text'; text: string }
  | { type: 'link'; text: string; url: string }
  | { type: 'mention'; text: string; uid: string }

const URL_START = /https?:\/\/[^\s<>"'`]+/giu

export function piecesOf(text: string): Piece[] {
  const marked = [...linksIn(text), ...mentionsIn(text)].sort((a, b) => a.start - b.start)
  const pieces: Piece[] = []
  let from = 0
  for (const mark of marked) {
    if (mark.start < from) continue // a mention within a link
    if (mark.start > from) pieces.push({ type: 'text', text: text.slice(from, mark.start) })
    const marking = text.slice(mark.start, mark.end)
    pieces.push(
      'url' in mark
        ? { type: 'link', text: marking, url: mark.url }
        : { type: 'mention', text: marking, uid: mark.uid },
    )
    from = mark.end
  }
  if (from < text.length) pieces.push({ type: 'text', text: text.slice(from) })
  return pieces
}

function linksIn(text: string): { start: number; end: number; url: string }[] {
  return Array.from(text.matchAll(URL_START)).flatMap((match) => {
    const found = withoutClosing(match[0])
    const url = URL.parse(found)
    const isPlain = url !== null && `${url.username}${url.password}` === '' // a name before the host misleads readers
    return isPlain ? [{ start: match.index, end: match.index + found.length, url: url.href }] : []
  })
}

/** What ends a sentence, or closes a bracket that was opened before the link, is not part of it. */
function withoutClosing(found: string): string {
  let link = found
  for (;;) {
    const last = link.at(-1) ?? ''
    const isOpened = last === ')' && link.split('(').length > link.split(')').length - 1
    if (!/[.,;:!?…、。，！？；：)\]}]/u.test(last) || isOpened) return link
    link = link.slice(0, -1)
  }
}
