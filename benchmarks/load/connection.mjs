/**
 * One keep-alive HTTP/1.1 connection with hand-made requests, made to cost the generator as little as Node allows.
 * All connections read into one buffer: an answer lies in it only while `onAnswer` runs.
 * Understands answers with a Content-Length, the only kind that the servers here give; anything else is an error.
 */
import { connect } from 'node:net'

const SHARED = Buffer.allocUnsafe(1 << 20)
const HEAD_END = Buffer.from('\r\n\r\n')

export class Connection {
  /** Status, head (with the status line) and where the body lies, of the answer in hand. */
  status = 0
  head = ''
  onAnswer
  /** Told why when the connection ended although nobody ended it. */
  onLost
  #socket
  /** The beginning of a head, and a body as far as it has come. */
  #beginning
  #partial
  #filled = 0
  #ended = false

  constructor({ port, localAddress }, { onReady, onAnswer, onLost }) {
    this.onAnswer = onAnswer
    this.onLost = onLost
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      localAddress,
      noDelay: true,
      onread: { buffer: SHARED, callback: (length, buffer) => this.#read(buffer, length) },
    })
    this.#socket.once('connect', () => onReady?.(this))
    this.#socket.on('error', (error) => this.#lose(error.message))
    this.#socket.on('close', () => this.#lose('closed by the server'))
  }

  request(text) {
    this.#socket.write(text, 'latin1')
  }

  /** By a reset, so that ten thousand of them do not occupy the ports for a minute. */
  end() {
    this.#ended = true
    this.#socket.resetAndDestroy()
  }

  #lose(reason) {
    if (this.#ended) return
    this.#ended = true
    this.onLost(reason)
  }

  #read(buffer, length) {
    if (this.#beginning !== undefined) {
      const whole = Buffer.concat([this.#beginning, buffer.subarray(0, length)])
      this.#beginning = undefined
      return this.#take(whole, 0, whole.length)
    }
    if (this.#partial === undefined) return this.#take(buffer, 0, length)
    const piece = buffer.copy(this.#partial, this.#filled, 0, length)
    this.#filled += piece
    if (this.#filled < this.#partial.length) return true
    const whole = this.#partial
    this.#partial = undefined
    this.onAnswer(this, whole, 0, whole.length)
    return this.#take(buffer, piece, length)
  }

  /** Takes whole answers from the buffer and keeps what is left. */
  #take(buffer, from, to) {
    let start = from
    while (start < to && !this.#ended) {
      const headEnd = buffer.indexOf(HEAD_END, start)
      if (headEnd < 0 || headEnd + 4 > to) {
        this.#beginning = Buffer.from(buffer.subarray(start, to)) // rare: a head that came in pieces
        return true
      }
      this.head = buffer.latin1Slice(start, headEnd)
      this.status = Number(this.head.slice(9, 12))
      const length = /\r\ncontent-length: *(\d+)/i.exec(this.head)?.[1]
      if (length === undefined) {
        this.#lose(`an answer without a Content-Length: ${this.head.slice(0, 80)}`)
        return false
      }
      const bodyStart = headEnd + 4
      const end = bodyStart + Number(length)
      if (end > to) {
        this.#partial = Buffer.allocUnsafe(Number(length))
        this.#filled = buffer.copy(this.#partial, 0, bodyStart, to)
        return true
      }
      this.onAnswer(this, buffer, bodyStart, end)
      start = end
    }
    return true
  }
}

/** An own source address for every 10,000 connections and every run: one address has 28,000 ports at most. */
export function sourceAddress(run, number) {
  return `127.${1 + (run % 200)}.${1 + Math.floor(number / 10_000)}.1`
}
