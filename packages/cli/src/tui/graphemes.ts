import stringWidth from 'string-width'

/** Grapheme clusters: what a person calls a character, and what the cursor moves over. */
const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' })
const words = new Intl.Segmenter('en', { granularity: 'word' })

export function clustersOf(text: string): Iterable<{ segment: string; index: number }> {
  return clusters.segment(text)
}

/** The end of the cluster that begins at or holds `offset`. */
export function nextBoundary(text: string, offset: number): number {
  const cluster = clusters.segment(text).containing(offset)
  return cluster ? cluster.index + cluster.segment.length : text.length
}

/** The beginning of the cluster that ends at or holds `offset`. */
export function previousBoundary(text: string, offset: number): number {
  return clusters.segment(text).containing(offset - 1)?.index ?? 0
}

/** `offset` itself if it is between two clusters, else the end of the one that it is in. */
export function snap(text: string, offset: number): number {
  const cluster = clusters.segment(text).containing(offset)
  return cluster === undefined || cluster.index === offset ? offset : cluster.index + cluster.segment.length
}

/** The words of a text, by the rules of their script: Chinese and Japanese have them too, without spaces. */
export function wordsOf(text: string): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = []
  for (const { index, segment, isWordLike } of words.segment(text)) {
    if (isWordLike) found.push({ start: index, end: index + segment.length })
  }
  return found
}

/** Columns that a sanitised text takes; Ink measures with the same function. */
export function widthOf(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : stringWidth(text)
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/
