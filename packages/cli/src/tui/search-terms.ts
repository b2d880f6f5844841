/** What is looked for, read as the server reads it: words, or in quotation marks words that follow one another. */
export function termsIn(query: string): string[] {
  return [...query.matchAll(/"([^"]+)"?|[^\s"]+/g)].map(([word, quoted]) => quoted ?? word)
}

/** Whether a text has all terms, whatever their case and accents. More than the server finds: also what ends or is within a word. */
export function hasTerms(text: string, terms: readonly string[]): boolean {
  const folded = fold(text)
  return terms.every((term) => folded.includes(fold(term)))
}

const ASCII = /^[\x20-\x7e]*$/

function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase()
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
}
