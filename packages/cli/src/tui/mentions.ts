/** Finds a uid in texts: by itself or after an @, but not as a part of a longer name. */
export class Mentions {
  readonly #pattern: RegExp

  constructor(uid: string) {
    const literal = uid.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&')
    this.#pattern = new RegExp(
      `(?<![\\p{L}\\p{N}\\p{M}_.-])@?${literal}(?![\\p{L}\\p{N}\\p{M}_-]|\\.[\\p{L}\\p{N}])`,
      'giu',
    )
  }

  isIn(text: string): boolean {
    this.#pattern.lastIndex = 0
    return this.#pattern.test(text)
  }

  /** Where in the text they are. */
  *of(text: string): Generator<{ start: number; end: number }> {
    for (const { 0: found, index } of text.matchAll(this.#pattern)) yield { start: index, end: index + found.length }
  }
}
