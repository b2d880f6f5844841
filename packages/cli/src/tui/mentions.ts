/** Finds places in texts. */
export type Marker = { of(text: string): Iterable<{ start: number; end: number }> }

/** Finds words as they are, whatever their capitals. */
export class Words implements Marker {
  readonly #pattern: RegExp

  constructor(words: string) {
    this.#pattern = new RegExp(literal(words), 'giu')
  }

  *of(text: string): Generator<{ start: number; end: number }> {
    for (const { 0: found, index } of text.matchAll(this.#pattern)) yield { start: index, end: index + found.length }
  }
}

/** Exactly what means something in a pattern: under the `u` flag, escaping anything else (such as a dash) is an error. */
function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

/** Finds a uid in texts: by itself or after an @, but not as a part of a longer name. */
export class Mentions implements Marker {
  readonly #pattern: RegExp

  constructor(uid: string) {
    this.#pattern = new RegExp(
      `(?<![\\p{L}\\p{N}\\p{M}_.-])@?${literal(uid)}(?![\\p{L}\\p{N}\\p{M}_-]|\\.[\\p{L}\\p{N}])`,
      'giu',
    )
  }

  isIn(text: string): boolean {
    return text.search(this.#pattern) !== -1 // `test` would leave behind where it stopped, and `matchAll` begin there
  }

  /** Where in the text they are. */
  *of(text: string): Generator<{ start: number; end: number }> {
    for (const { 0: found, index } of text.matchAll(this.#pattern)) yield { start: index, end: index + found.length }
  }
}
