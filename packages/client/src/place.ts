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

  /** @param shown ids of what is not new whatever its index */
  constructor(cursor: string | undefined, shown: Iterable<string> = []) {
    this.#cursor = cursor
    this.#index = cursor === undefined ? 0 : indexOf(cursor)
    for (const id of shown) this.#remember(id)
  }

  /** The cursor to ask with: `undefined` only until an inbox has told its own. */
  get cursor(): string | undefined {
    return this.#cursor
  }

  /** What is new in a batch; the place then stands after it. */
  take(batch: Batch): Message[] {
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
