/**
 * Who received what: every message is `#RUN.SEQ#` and padding, so it is found in whatever form a server wraps it in.
 * Invariant: a message counts once for each reader. A second time is a duplicate; one that was acknowledged and did
 * not arrive is lost.
 */
import { Histogram } from '../stats.mjs'

const HASH = 0x23
const DOT = 0x2e
const TEXT_BYTES = 64
/** Different bodies remembered at once. Readers that stand at the same place get the same bytes. */
const REMEMBERED = 16

export class Ledger {
  latency = new Histogram()
  delivered = 0
  duplicates = 0
  foreign = 0
  /** Answers that carried messages, to tell how many come in one. */
  answers = 0
  #run
  #capacity
  #sentAt
  #lastAt
  #received
  #acknowledged
  #readersOf
  #words
  #bits
  #bodies = []
  #turn = 0
  #next = 0
  #countedFrom = 0

  /** `readersOf(seq)` says how many should receive that message. */
  constructor({ run, readers, capacity, readersOf = () => readers }) {
    this.#run = run
    this.#capacity = capacity
    this.#readersOf = readersOf
    this.#sentAt = new Float64Array(capacity)
    this.#lastAt = new Float64Array(capacity)
    this.#received = new Uint32Array(capacity)
    this.#acknowledged = new Uint8Array(capacity)
    this.#words = Math.ceil(capacity / 32)
    this.#bits = new Uint32Array(this.#words * readers)
  }

  get isFull() {
    return this.#next >= this.#capacity
  }

  get sent() {
    return this.#next - this.#countedFrom
  }

  /** Messages before this were to warm the server: they must arrive too, but no figure has them. */
  countFromHere() {
    this.#countedFrom = this.#next
    this.latency = new Histogram()
    this.delivered = 0
    this.answers = 0
  }

  /** Gives the next message its number; `write` gets its text. */
  send(write) {
    const seq = this.#next++
    const text = `#${this.#run}.${seq}#`.padEnd(TEXT_BYTES, 'abcdefghijklmnopqrstuvwxyz')
    this.#sentAt[seq] = performance.now()
    write(text, seq)
    return seq
  }

  acknowledge(seq) {
    this.#acknowledged[seq] = 1
  }

  /** Takes what an answer carries for this reader; returns the remembered body, to keep with it what else it says. */
  receive(reader, buffer, start, end) {
    const body = this.#recall(buffer, start, end)
    const { seqs } = body
    if (seqs.length === 0) return body
    const now = performance.now()
    const base = reader * this.#words
    let counted = 0
    for (let i = 0; i < seqs.length; i++) {
      const seq = seqs[i]
      const word = base + (seq >>> 5)
      const bit = 1 << (seq & 31)
      if (this.#bits[word] & bit) {
        this.duplicates++
        continue
      }
      this.#bits[word] |= bit
      this.#received[seq]++
      this.#lastAt[seq] = now
      if (seq < this.#countedFrom) continue
      counted++
      this.latency.add(now - this.#sentAt[seq])
    }
    this.delivered += counted
    if (counted > 0) this.answers++
    return body
  }

  /** Compares every byte and parses only what is new: the check stays whole and costs a memcmp. */
  #recall(buffer, start, end) {
    const length = end - start
    for (const body of this.#bodies) {
      if (body.bytes.length === length && buffer.compare(body.bytes, 0, length, start, end) === 0) return body
    }
    const bytes = Buffer.from(buffer.subarray(start, end))
    const body = { bytes, seqs: this.#parse(bytes), place: undefined, request: undefined }
    this.#bodies[this.#turn++ % REMEMBERED] = body
    return body
  }

  #parse(bytes) {
    const seqs = []
    for (let at = bytes.indexOf(HASH); at >= 0; at = bytes.indexOf(HASH, at + 1)) {
      const dot = bytes.indexOf(DOT, at)
      const close = bytes.indexOf(HASH, at + 1)
      if (dot < 0 || close < 0 || dot > close || close - at > 24) continue
      const run = Number(bytes.latin1Slice(at + 1, dot))
      const seq = Number(bytes.latin1Slice(dot + 1, close))
      if (run === this.#run && seq < this.#next) seqs.push(seq)
      else this.foreign++
      at = close
    }
    return Int32Array.from(seqs)
  }

  /** True when everybody has everything that was acknowledged. */
  isComplete() {
    return this.lost() === 0
  }

  /** Deliveries of acknowledged messages that did not happen (so far), the warming ones included. */
  lost() {
    let lost = 0
    for (let seq = 0; seq < this.#next; seq++) {
      if (this.#acknowledged[seq]) lost += this.#readersOf(seq) - this.#received[seq]
    }
    return lost
  }

  /** For each counted message, how long until its last reader had it, in milliseconds. */
  timesToLast() {
    const times = []
    for (let seq = this.#countedFrom; seq < this.#next; seq++) {
      if (this.#received[seq] > 0) times.push(this.#lastAt[seq] - this.#sentAt[seq])
    }
    return times
  }
}
