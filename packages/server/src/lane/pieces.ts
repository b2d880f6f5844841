/** Least room, in bytes, once something comes in pieces. */
const MIN_ROOM = 256

/** What comes in pieces, in one buffer: a piece of one byte would be kept as hundreds of them. */
export class Pieces {
  #room: Buffer
  #length: number

  /** The first piece is kept as it is. */
  constructor(first: Buffer = Buffer.alloc(0)) {
    this.#room = first
    this.#length = first.length
  }

  /** Everything so far; valid until more is added. */
  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length)
  }

  get length(): number {
    return this.#length
  }

  /** Keeps a copy. */
  add(piece: Buffer): void {
    const length = this.#length + piece.length
    if (length > this.#room.length) this.#room = Buffer.concat([this.bytes], Math.max(2 * length, MIN_ROOM))
    piece.copy(this.#room, this.#length)
    this.#length = length
  }
}
