import { PassThrough } from 'node:stream'
import type { ReadStream } from 'node:tty'

const PASTE_BEGINS = '\x1b[200~'
const PASTE_ENDS = '\x1b[201~'

/** A paste that has brought nothing for this long is over, in milliseconds. */
const PASTE_IDLE_MS = 2_000

/**
 * The keyboard, for Ink. When the end of a paste is lost on the way, Ink waits for it for ever and hears no key, not
 * even Ctrl-C; here such a paste ends by itself.
 */
export class GuardedInput extends PassThrough {
  readonly isTTY: boolean
  readonly #source: ReadStream
  #tail = ''
  #isPasting = false
  #timer: NodeJS.Timeout | undefined

  constructor(source: ReadStream) {
    super()
    this.#source = source
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

  /** Listens no more. */
  close(): void {
    clearTimeout(this.#timer)
    this.#source.off('data', this.#take)
    this.#source.pause()
  }

  readonly #take = (chunk: string | Buffer): void => {
    const text = `${this.#tail}${chunk}`
    const begins = text.lastIndexOf(PASTE_BEGINS)
    const ends = text.lastIndexOf(PASTE_ENDS)
    if (begins !== ends) this.#isPasting = begins > ends
    this.#tail = text.slice(1 - PASTE_ENDS.length) // a marker may come in two reads
    this.write(chunk)
    clearTimeout(this.#timer)
    if (this.#isPasting) this.#timer = setTimeout(() => this.#end(), PASTE_IDLE_MS)
  }

  #end(): void {
    this.#isPasting = false
    this.write(PASTE_ENDS)
  }
}
