import type { Batch, Message } from '@poll-chat/protocol'
import { indexOf } from './shapes.ts'

/** Ids kept of what was yielded or shown before, to know it again when a log starts over. About a megabyte. */
export const REMEMBERED_IDS = 10_000

/** Where a follower stands. Invariant: every message leaves `take` once, in index order, but for a log that started over. */
export class Place {
  #cursor: string | undefined
  /** Index of the newest message that was taken. */
  #index: number
  readonly #taken = new Set<string>()
  /** Whether the server has said that this is the place: all that was before it was seen, or was for somebody else. */
  #isTold: boolean

  /** @param shown ids of what is not new whatever its index */
  constructor(cursor: string | undefined, shown: Iterable<string> = []) {
    this.#cursor = cursor
    this.#index = cursor === undefined ? 0 : indexOf(cursor)
    this.#isTold = cursor === undefined
    for (const id of shown) this.#remember(id)
  }

  /** The cursor to ask with: `undefined` only until an inbox has told its own. */
  get cursor(): string | undefined {
    return this.#cursor
  }

  /** Whether messages between the place and a batch are no longer kept. Where all is read from its beginning, none is missed. */
  misses({ trimmed }: Batch): boolean {
    return trimmed === true && this.#isTold && this.#index === 0
  }

  /** What is new in a batch; the place then stands after it. */
  take(batch: Batch): Message[] {
    this.#isTold = true
    const fresh = batch.messages.filter((message) => message.index > this.#index && !this.#taken.has(message.id))
    for (const { id } of fresh) this.#remember(id)
    if (indexOf(batch.next) >= this.#index) this.#cursor = batch.next
    this.#index = Math.max(this.#index, batch.messages.at(-1)?.index ?? 0)
    return fresh
  }

  /** Goes on from another cursor, also an earlier one; the ids tell then what was yielded before. */
  reset(cursor: string): void {
    this.#cursor = cursor
    this.#index = indexOf(cursor)
  }

  #remember(id: string): void {
    this.#taken.add(id)
    if (this.#taken.size <= REMEMBERED_IDS) return
    for (const oldest of this.#taken) {
      this.#taken.delete(oldest)
      return
    }
  }
}
