/**
 * A request of which the rest is awaited: what a slow one costs is this and its connection. Invariant: node:http would wait for
 * the rest of these bytes too. As soon as it would not, or might not, they are its own to decide about.
 */
import { MAX_HEADERS } from '@poll-chat/protocol'
import { Pieces } from './pieces.ts'

/** Longest request, in bytes, that the lane reads or keeps while the rest of it is awaited. A chat's have some hundred. */
export const MAX_REQUEST_BYTES = 8 * 1024

/** What anybody asks for. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

const REQUEST_LINE = new RegExp(`^(?:${METHODS.join('|')}) (?:/[!-~]*(?: (.{0,9}))?)?$`, 's')
const VERSION = 'HTTP/1.1\r'

/** A header line, or the empty one at the end, with its `\r` or before it. */
const FIELD = /^\r?$|^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?::[ \t]*(?:[!-~][ -~\t]*\r?)?)?$/

/** Those of which a wrong value, or a second one, is refused before the head ends. */
const LENGTH_NAME = /^content-length:/i
const LENGTH = /^content-length: ?(?:\d{1,6}\r?)?$/i
const CODING_NAME = /^transfer-encoding:/i

/** `'whole'`: what was awaited is here. `'foreign'`: for the full parser, now. */
export type Progress = 'awaited' | 'whole' | 'foreign'

export class Partial {
  readonly #pieces = new Pieces()
  /** Where the first line begins that is not here whole. */
  #lineAt = 0
  #fields = 0
  #hasLength = false
  /** Once the head is here, how many bytes the whole request has. */
  #wholeBytes: number | undefined

  get bytes(): Buffer {
    return this.#pieces.bytes
  }

  /** Its head is here: of the body nothing is read before it is whole. */
  awaitBody(wholeBytes: number): void {
    this.#wholeBytes = wholeBytes
  }

  /** Looks at the lines alone that have begun or gone on. */
  add(chunk: Buffer): Progress {
    this.#pieces.add(chunk)
    const { length } = this.#pieces
    if (this.#wholeBytes !== undefined) return length < this.#wholeBytes ? 'awaited' : 'whole'
    if (length > MAX_REQUEST_BYTES) return 'foreign'
    const lines = this.bytes.toString('latin1', this.#lineAt).split('\n')
    const unfinished = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '\r' && this.#lineAt > 0) return 'whole'
      if (!line.endsWith('\r') || !this.#mayBecomeLine(line)) return 'foreign'
      if (this.#lineAt > 0 && ++this.#fields > MAX_HEADERS) return 'foreign'
      this.#hasLength ||= LENGTH_NAME.test(line)
      this.#lineAt += line.length + 1
    }
    return this.#mayBecomeLine(unfinished) ? 'awaited' : 'foreign'
  }

  #mayBecomeLine(text: string): boolean {
    if (this.#lineAt === 0) return mayBecomeRequestLine(text)
    if (LENGTH_NAME.test(text)) return !this.#hasLength && LENGTH.test(text)
    return FIELD.test(text) && !CODING_NAME.test(text)
  }
}

function mayBecomeRequestLine(text: string): boolean {
  const line = REQUEST_LINE.exec(text)
  return line ? VERSION.startsWith(line[1] ?? '') : METHODS.some((method) => method.startsWith(text))
}
