/**
 * Reads one answer of HTTP/1.1 (RFC 9112) from the bytes of a connection that carries no second one.
 * Invariant: an answer is given out only when it is whole.
 */

/** Header names are in lower case. */
export type HttpAnswer = { status: number; headers: ReadonlyMap<string, string>; body: Buffer }

/** As much as node:http takes, in bytes. */
const MAX_HEAD_BYTES = 16_384

const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_END = Buffer.from('\r\n')

type Head = Pick<HttpAnswer, 'status' | 'headers'>

/** What comes next: the head, so many bytes of the body, the line before a chunk, that after one, the trailers, or all until the end. */
type State = 'head' | { bytes: number; isChunk: boolean } | 'size' | 'chunk-end' | 'trailers' | 'to-end' | 'whole'

export class HttpAnswerReader {
  #state: State = 'head'
  #head: Head = { status: 0, headers: new Map() }
  #unread: Buffer = Buffer.alloc(0)
  readonly #body: Buffer[] = []

  /** The answer, as soon as it is whole. @throws an error with the code of node:http for what is not HTTP */
  take(bytes: Buffer): HttpAnswer | undefined {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes])
    while (this.#state !== 'whole' && this.#step());
    return this.#state === 'whole' ? this.#answer() : undefined
  }

  /** The answer, if the end of the connection makes it whole. @throws ECONNRESET when it is cut short */
  end(): HttpAnswer {
    if (this.#state !== 'to-end') throw broken('the connection ended before it did')
    return this.#answer()
  }

  #answer(): HttpAnswer {
    return { ...this.#head, body: Buffer.concat(this.#body) }
  }

  /** False when more bytes are needed. */
  #step(): boolean {
    if (this.#state === 'head') return this.#readHead()
    if (this.#state === 'size') return this.#readSize()
    if (this.#state === 'to-end') return this.#readBody(this.#unread.length)
    if (typeof this.#state === 'object') return this.#readBytes(this.#state)
    const line = this.#line()
    if (line === undefined) return false
    if (this.#state === 'trailers') this.#state = line === '' ? 'whole' : 'trailers'
    else if (line !== '') throw broken('a chunk is longer than it says')
    else this.#state = 'size'
    return true
  }

  #readHead(): boolean {
    const { length } = this.#unread
    if (!'HTTP/1.'.startsWith(this.#unread.toString('latin1', 0, Math.min(7, length)))) throw notHttp('no status line')
    const end = this.#unread.indexOf(HEAD_END)
    if ((end === -1 ? length : end) > MAX_HEAD_BYTES) throw fault('HPE_HEADER_OVERFLOW', 'the headers are too long')
    if (end === -1) return false
    this.#head = parseHead(this.#unread.toString('latin1', 0, end))
    this.#unread = this.#unread.subarray(end + HEAD_END.length)
    this.#state = bodyAfter(this.#head)
    return true
  }

  #readSize(): boolean {
    const line = this.#line()
    if (line === undefined) return false
    const [, size] = /^([0-9a-f]{1,8})[\t ]*(?:;.*)?$/i.exec(line) ?? []
    if (size === undefined) throw broken('a chunk without a size')
    const bytes = Number.parseInt(size, 16)
    this.#state = bytes === 0 ? 'trailers' : { bytes, isChunk: true }
    return true
  }

  #readBytes({ bytes, isChunk }: { bytes: number; isChunk: boolean }): boolean {
    const left = bytes - Math.min(bytes, this.#unread.length)
    this.#readBody(bytes - left)
    this.#state = left > 0 ? { bytes: left, isChunk } : isChunk ? 'chunk-end' : 'whole'
    return left === 0
  }

  #readBody(bytes: number): false {
    this.#body.push(this.#unread.subarray(0, bytes))
    this.#unread = this.#unread.subarray(bytes)
    return false
  }

  #line(): string | undefined {
    const end = this.#unread.indexOf(LINE_END)
    if ((end === -1 ? this.#unread.length : end) > MAX_HEAD_BYTES) throw broken('a line is too long')
    if (end === -1) return undefined
    const line = this.#unread.toString('latin1', 0, end)
    this.#unread = this.#unread.subarray(end + LINE_END.length)
    return line
  }
}

function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n')
  const [, status] = /^HTTP\/1\.[01] ([1-9]\d\d)(?: .*)?$/.exec(first) ?? []
  if (status === undefined) throw notHttp('no status line')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [name] = /^[!#$%&'*+.^_`|~0-9a-z-]+(?=:)/i.exec(line) ?? []
    if (name === undefined) throw notHttp('a header without a name')
    const value = line.slice(name.length + 1).trim()
    const before = headers.get(name.toLowerCase())
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`)
  }
  return { status: Number(status), headers }
}

/** RFC 9112 §6.3, for what is asked here: never HEAD, never CONNECT. */
function bodyAfter({ status, headers }: Head): State {
  if (status === 101) throw notHttp('nobody asked for another protocol')
  if (status < 200) return 'head' // only news of the answer that is to come
  if (status === 204 || status === 304) return 'whole'
  const coding = headers.get('transfer-encoding')
  const length = headers.get('content-length')
  if (coding !== undefined) {
    if (length !== undefined || coding.toLowerCase() !== 'chunked') throw notHttp('a body that nobody can measure')
    return 'size'
  }
  if (length === undefined) return 'to-end'
  if (!/^\d{1,15}$/.test(length)) throw notHttp('a length that is no number')
  return length === '0' ? 'whole' : { bytes: Number(length), isChunk: false }
}

/** What began as an answer cannot be read to its end. */
function broken(why: string): Error {
  return fault('ECONNRESET', why)
}

function notHttp(why: string): Error {
  return fault('HPE_INVALID_CONSTANT', why)
}

/** Codes are those of node:http, so that whoever looks at them need not know who has read. */
function fault(code: string, why: string): Error {
  return Object.assign(new Error(`Not a whole HTTP answer: ${why}`), { code })
}
