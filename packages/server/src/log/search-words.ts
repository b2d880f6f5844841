/**
 * What a text is found by. Words of letters and digits in one form, without case and accents. Chinese, Japanese and
 * Korean have no blanks between words: their characters are taken two by two, so that 天气 is found in 今天天气很好.
 */

/** A word, or words that follow one another. `begins`: the last of them may go on. */
export type Term = { words: string; begins: boolean }

/** What SQLite's trigram tokenizer cannot find (it takes three characters) and its unicode61 does not take apart. */
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー々〆]+/gu

const WORD = /[\p{L}\p{N}\p{M}]+/gu

/** Terms in one query: more narrow nothing down, and each costs. */
export const MAX_TERMS = 20

/** The words of a text in their order, with blanks between. */
export function indexWords(text: string): string {
  return wordsOf(text)
    .map(({ words, isPairs }) => (isPairs ? `${words} ${lastOf(words)}` : words)) // the last character begins no pair
    .join(' ')
}

/**
 * What is asked for: all terms must be there. Each is a beginning of a word, or in quotation marks whole words that follow
 * one another. Empty when there is no word in it.
 */
export function readTerms(query: string): Term[] {
  const terms: Term[] = []
  for (const [part, quoted] of query.matchAll(/"([^"]*)"|\S+/g)) {
    const words = wordsOf(quoted ?? part)
    const isPhrase = quoted !== undefined && words.every(({ isPairs }) => !isPairs)
    if (isPhrase && words.length > 0) terms.push({ words: words.map((one) => one.words).join(' '), begins: false })
    else
      for (const { words: one, isPairs } of words) terms.push({ words: one, begins: !isPairs || [...one].length === 1 })
  }
  return terms.slice(0, MAX_TERMS)
}

/** Whether words that were indexed have all terms. */
export function hasTerms(indexed: string, terms: readonly Term[]): boolean {
  const text = ` ${indexed} `
  return terms.every(({ words, begins }) => text.includes(begins ? ` ${words}` : ` ${words} `))
}

type Words = { words: string; isPairs: boolean }

function wordsOf(text: string): Words[] {
  const plain = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
  return [...plain.matchAll(WORD)].flatMap(([word]) => splitWord(word))
}

/** `2026年天气` is `2026` and the pairs of `年天气`. */
function splitWord(word: string): Words[] {
  const parts: Words[] = []
  let at = 0
  for (const match of word.matchAll(CJK)) {
    if (match.index > at) parts.push({ words: word.slice(at, match.index), isPairs: false })
    parts.push({ words: pairsOf([...match[0]]), isPairs: true })
    at = match.index + match[0].length
  }
  if (at < word.length) parts.push({ words: word.slice(at), isPairs: false })
  return parts
}

function pairsOf(characters: readonly string[]): string {
  if (characters.length === 1) return characters.join('')
  return characters
    .slice(1)
    .map((character, i) => `${characters[i]}${character}`)
    .join(' ')
}

function lastOf(pairs: string): string {
  return [...pairs].at(-1) ?? ''
}
