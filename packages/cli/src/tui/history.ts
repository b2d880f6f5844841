/** How many sent texts can be brought back. */
const MAX_ENTRIES = 200

/** The texts that were sent, to go through with up and down. What stood in the box before waits at the lower end. */
export class History {
  #entries: string[] = []
  #position = 0
  #draft = ''

  add(text: string): void {
    if (this.#entries.at(-1) !== text) this.#entries.push(text)
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift()
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
}
