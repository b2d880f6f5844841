/**
 * What every text from elsewhere passes before it reaches a terminal, once, at the door.
 * Invariant: no output holds a control character but `\n`, a bidi control, or an invisible format character that is not
 * part of a visible one. Every function takes linear time, and is idempotent.
 */

/** Combining marks and joiners on one base character, at most; more is a tower that paints over other lines. */
const MAX_EXTENDERS = 8

const TAB = '    '

const NEWLINES = /\r\n|[\r\v\f\u0085\u2028\u2029]/g

/** Nothing in here needs care: the usual case, found out in one pass. */
const PLAIN =
  /^[\n\x20-\x7e\xa1-\xac\xae-\u02ff\u0400-\u0482\u048a-\u0590\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]*$/

/** Format characters that show nothing, reorder what is shown, or are measured differently by every terminal. */
const INVISIBLE =
  /[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e007f}]/u

/** A flag such as Scotland's: the only use of tag characters that shows something. */
const TAG_SEQUENCE = /\u{1f3f4}[\u{e0020}-\u{e007e}]{1,16}\u{e007f}/uy

const EXTENDER = /[\p{M}\u200c\u200d]/u

/** A message's text: lines are kept, tabs become spaces. */
export function sanitiseText(text: string): string {
  if (PLAIN.test(text)) return text
  return dropInvisible(dropSequences(text.toWellFormed().replace(NEWLINES, '\n')))
}

/** A name or an error: like a text, on one line. */
export function sanitiseLine(text: string): string {
  return sanitiseText(text).replaceAll('\n', ' ')
}

/**
 * JSON that may be shown on a terminal. `JSON.stringify` escapes C0 in strings, but leaves DEL, C1 (U+009B is CSI),
 * bidi controls and line separators raw. White space between tokens stays as it is.
 */
export function escapeJson(json: string): string {
  return json.replace(JSON_UNSAFE, (found) => {
    let escaped = ''
    for (let i = 0; i < found.length; i++) escaped += `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`
    return escaped
  })
}

const JSON_UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu

const ESC = 0x1b

/** Removes escape sequences as ECMA-48 delimits them, and the control characters that are left. Keeps `\n`. */
function dropSequences(text: string): string {
  let kept = ''
  let from = 0
  let i = 0
  while (i < text.length) {
    const code = text.charCodeAt(i)
    if (code === 0x0a || (code >= 0x20 && code < 0x7f) || code > 0x9f) {
      i++
      continue
    }
    kept += text.slice(from, i)
    if (code === 0x09) kept += TAB
    i = endOfControl(text, i)
    from = i
  }
  return kept + text.slice(from)
}

/** Where the control character or sequence that begins at `start` ends. Always after `start`. */
function endOfControl(text: string, start: number): number {
  const code = text.charCodeAt(start)
  if (code !== ESC) return endOfC1(text, code, start + 1)
  const next = text.charCodeAt(start + 1)
  if (next >= 0x40 && next <= 0x5f) return endOfC1(text, next + 0x40, start + 2) // 7-bit form of a C1 character
  if (next >= 0x60 && next <= 0x7e) return start + 2
  let i = start + 1
  while (isIn(text, i, 0x20, 0x2f)) i++
  return isIn(text, i, 0x30, 0x7e) ? i + 1 : i
}

function endOfC1(text: string, code: number, from: number): number {
  if (code === 0x9b) return endOfCsi(text, from)
  if (code === 0x9d) return endOfString(text, from, true)
  if (code === 0x90 || code === 0x98 || code === 0x9e || code === 0x9f) return endOfString(text, from, false)
  return from
}

/** Terminals carry out a C0 character inside of a CSI sequence and go on with the sequence; so it belongs to it here. */
function endOfCsi(text: string, from: number): number {
  let i = from
  while (isIn(text, i, 0x20, 0x3f) || (isIn(text, i, 0x00, 0x1f) && !endsSequence(text.charCodeAt(i)))) i++
  return isIn(text, i, 0x40, 0x7e) ? i + 1 : i
}

/** OSC, DCS, SOS, PM and APC: up to their terminator, but never beyond the line, so that a lone opener hides little. */
function endOfString(text: string, from: number, endsWithBell: boolean): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x9c || (code === 0x07 && endsWithBell)) return i + 1
    if (code === ESC && text.charCodeAt(i + 1) === 0x5c) return i + 2
    if (endsSequence(code) || (code >= 0x80 && code <= 0x9f)) return i
  }
  return text.length
}

/** A newline, CAN, SUB or ESC breaks off whatever sequence is open. */
function endsSequence(code: number): boolean {
  return code === 0x0a || code === 0x18 || code === 0x1a || code === ESC
}

function isIn(text: string, at: number, first: number, last: number): boolean {
  const code = text.charCodeAt(at) // NaN after the end, which is in no range
  return code >= first && code <= last
}

function dropInvisible(text: string): string {
  let kept = ''
  let extenders = 0
  let i = 0
  while (i < text.length) {
    const character = String.fromCodePoint(text.codePointAt(i) ?? 0)
    TAG_SEQUENCE.lastIndex = i
    const flag = character === '\u{1f3f4}' ? TAG_SEQUENCE.exec(text)?.[0] : undefined
    i += (flag ?? character).length
    if (flag === undefined && INVISIBLE.test(character)) continue
    extenders = EXTENDER.test(character) ? extenders + 1 : 0
    if (extenders <= MAX_EXTENDERS) kept += flag ?? character
  }
  return kept
}
