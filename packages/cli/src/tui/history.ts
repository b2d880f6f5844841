import type { Keep } from './keep.ts'
import { MAX_HISTORY } from './keep.ts'

/** The texts that were sent, to go through with up and down. What stood in the box before waits at the lower end. */
export class History {
  readonly #keep: Keep | undefined
  readonly #entries: string[]
  #position: number
  #draft = ''

  constructor(keep?: Keep) {
    this.#keep = keep
    this.#entries = keep?.history() ?? []
    this.#position = this.#entries.length
  }

  add(text: string): void {
    if (this.#entries.at(-1) !== text) {
      this.#entries.push(text)
      this.#keep?.addToHistory(text)
    }
    if (this.#entries.length > MAX_HISTORY) this.#entries.shift()
    this.#position = this.#entries.length
    this.#draft = ''
  }

  /** The text before, or `undefined` at the upper end. `current` is what stands in the box now. */
  older(current: string): string | undefined {
    if (this.#position === 0) return undefined
    if (this.#position === this.#entries.length) this.#draft = current
    this.#position--
    return this.#entries[this.#position]
  }

  /** The text after, at last the draft; `undefined` at the lower end. */
  newer(): string | undefined {
    if (this.#position === this.#entries.length) return undefined
    this.#position++
    return this.#entries[this.#position] ?? this.#draft
  }

  /** The newest texts that hold some words, each once; capitals do not matter. */
  matches(words: string): string[] {
    const wanted = words.toLowerCase()
    const found = this.#entries.filter((entry) => entry.toLowerCase().includes(wanted)).reverse()
    return [...new Set(found)]
  }
}
