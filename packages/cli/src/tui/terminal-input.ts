import { PassThrough } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { parseRgb, type Rgb } from './contrast.ts'

/** A paste that has brought nothing for this long is over, in milliseconds. */
const PASTE_IDLE_MS = 2_000

/** Most that is kept of a paste, in UTF-16 units; far more than the box takes. One that is as long has been cut. */
export const MAX_PASTE = 1024 * 1024

/** How long the beginning of a sequence waits for its rest, in milliseconds. Longer than the pause between two reads. */
const SEQUENCE_MS = 30

const PASTE_BEGINS = '\x1b[200~'
const PASTE_ENDS = '\x1b[201~'

/** What a terminal says besides keys: a paste begins, the mouse (SGR 1006), focus (1004), the ground (OSC 11), kitty's keys, F2. */
const SPECIAL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  /\x1b\[(?:(200~)|<(\d+);\d+;\d+[Mm]|([IO])|\?(\d+)u)|\x1b\]11;([^\x07\x1b]{1,60})(?:\x07|\x1b\\)|(\x1bOQ|\x1b\[12~|\x1b\[Q)/g

/** The beginning of one of these at the end of a read. */
const BEGUN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  /\x1b(?:O|\[(?:12?|2(?:0(?:0)?)?|<[\d;]*|\?\d*)?|\](?:1(?:1(?:;[^\x07\x1b]{0,60}\x1b?)?)?)?)?$/

export type TerminalSays = {
  /** Rows of the mouse wheel, upwards negative. */
  wheel(rows: number): void
  focus(hasFocus: boolean): void
  ground(colour: Rgb): void
  /** The terminal knows kitty's keyboard protocol. */
  kitty(): void
  /** A key that Ink does not tell of. */
  f2(): void
}

/** Rows that one notch of the wheel scrolls. */
const WHEEL_ROWS = 3

/**
 * The keyboard, for Ink, which gets keys and whole pastes only. When the end of a paste is lost on the way, Ink waits for it
 * for ever and hears no key, not even Ctrl-C; here such a paste ends by itself, and none grows without bounds.
 */
export class TerminalInput extends PassThrough {
  readonly isTTY: boolean
  readonly #source: ReadStream
  readonly #says: TerminalSays
  #held = ''
  #paste: string | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(source: ReadStream, says: TerminalSays) {
    super()
    this.#source = source
    this.#says = says
    this.isTTY = source.isTTY
    source.setEncoding('utf8')
    source.on('data', this.#take)
  }

  setRawMode(isRaw: boolean): this {
    this.#source.setRawMode(isRaw)
    return this
  }

  ref(): void {
    this.#source.ref()
  }

  unref(): void {
    this.#source.unref()
  }

  /** Whether somebody else, such as an editor, has the keyboard for now. */
  yieldTo(somebodyElse: boolean): void {
    if (somebodyElse) this.#source.off('data', this.#take).pause()
    else this.#source.on('data', this.#take).resume()
  }

  /** Listens no more. */
  close(): void {
    clearTimeout(this.#timer)
    this.#source.off('data', this.#take)
    this.#source.pause()
  }

  readonly #take = (chunk: string | Buffer): void => {
    clearTimeout(this.#timer)
    const text = `${this.#held}${chunk}`
    this.#held = ''
    this.#read(text)
    if (this.#paste !== undefined) this.#timer = setTimeout(() => this.#endPaste(), PASTE_IDLE_MS)
    else if (this.#held !== '') this.#timer = setTimeout(() => this.#release(), SEQUENCE_MS)
  }

  #read(text: string): void {
    let rest = this.#paste === undefined ? text : this.#readPaste(text)
    while (rest !== '') {
      SPECIAL.lastIndex = 0
      const found = SPECIAL.exec(rest)
      if (!found) return this.#readEnd(rest)
      this.#keys(rest.slice(0, found.index))
      rest = rest.slice(found.index + found[0].length)
      if (found[1] === undefined) {
        this.#tell(found)
      } else {
        this.#paste = ''
        rest = this.#readPaste(rest)
      }
    }
  }

  #tell([, , button, focus, kitty, ground, f2]: RegExpExecArray): void {
    if (button === '64') this.#says.wheel(-WHEEL_ROWS)
    else if (button === '65') this.#says.wheel(WHEEL_ROWS)
    else if (focus !== undefined) this.#says.focus(focus === 'I')
    else if (kitty !== undefined) this.#says.kitty()
    else if (f2 !== undefined) this.#says.f2()
    const colour = ground === undefined ? undefined : parseRgb(ground)
    if (colour) this.#says.ground(colour)
  }

  #readEnd(rest: string): void {
    this.#held = BEGUN.exec(rest)?.[0] ?? ''
    this.#keys(rest.slice(0, rest.length - this.#held.length))
  }

  /** Returns what comes after the paste. A marker may come in two reads, so the last few characters wait for the next. */
  #readPaste(text: string): string {
    const end = text.indexOf(PASTE_ENDS)
    if (end === -1) {
      const start = text.lastIndexOf('\x1b')
      const begun = start !== -1 && PASTE_ENDS.startsWith(text.slice(start)) ? start : text.length
      this.#append(text.slice(0, begun))
      this.#held = text.slice(begun)
      return ''
    }
    this.#append(text.slice(0, end))
    this.#endPaste()
    return text.slice(end + PASTE_ENDS.length)
  }

  #append(text: string): void {
    this.#paste += text.slice(0, MAX_PASTE - (this.#paste?.length ?? 0))
  }

  #endPaste(): void {
    const paste = this.#paste ?? ''
    this.#paste = undefined
    this.#held = ''
    this.write(`${PASTE_BEGINS}${paste}${PASTE_ENDS}`)
  }

  #release(): void {
    const held = this.#held
    this.#held = ''
    this.#keys(held)
  }

  #keys(text: string): void {
    if (text !== '') this.write(text)
  }
}
