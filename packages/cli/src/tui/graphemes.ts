import stringWidth from 'string-width'

/** Texts whose characters are each a cluster of one cell: printable ASCII and Latin-1. */
const SIMPLE = /^[\x20-\x7e\xa0-\xac\xae-\xff]*$/

/** Made when needed: the first thing of `Intl` takes as long as half a start of Node, and simple texts need none. */
let segmenters: { clusters: Intl.Segmenter; words: Intl.Segmenter } | undefined

function segmentersOf(): { clusters: Intl.Segmenter; words: Intl.Segmenter } {
  segmenters ??= {
    clusters: new Intl.Segmenter('en', { granularity: 'grapheme' }),
    words: new Intl.Segmenter('en', { granularity: 'word' }),
  }
  return segmenters
}

type Cluster = { segment: string; index: number }

/** Grapheme clusters: what a person calls a character, and what the cursor moves over. */
export function clustersOf(text: string): Iterable<Cluster> {
  if (!SIMPLE.test(text)) return segmentersOf().clusters.segment(text)
  return Array.from(text, (segment, index) => ({ segment, index }))
}

/** The cluster that begins at or holds `offset`; nothing at the end. */
function clusterAt(text: string, offset: number): Cluster | undefined {
  if (!SIMPLE.test(text)) return segmentersOf().clusters.segment(text).containing(offset)
  const segment = text.charAt(offset)
  return segment === '' ? undefined : { segment, index: offset }
}

/** The end of the cluster that begins at or holds `offset`. */
export function nextBoundary(text: string, offset: number): number {
  const cluster = clusterAt(text, offset)
  return cluster ? cluster.index + cluster.segment.length : text.length
}

/** The beginning of the cluster that ends at or holds `offset`. */
export function previousBoundary(text: string, offset: number): number {
  return clusterAt(text, offset - 1)?.index ?? 0
}

/** `offset` itself if it is between two clusters, else the end of the one that it is in. */
export function snap(text: string, offset: number): number {
  const cluster = clusterAt(text, offset)
  return cluster === undefined || cluster.index === offset ? offset : cluster.index + cluster.segment.length
}

/** The words of a text, by the rules of their script: Chinese and Japanese have them too, without spaces. */
export function wordsOf(text: string): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = []
  for (const { index, segment, isWordLike } of segmentersOf().words.segment(text)) {
    if (isWordLike) found.push({ start: index, end: index + segment.length })
  }
  return found
}

/** Columns that a sanitised text takes; Ink measures with the same function. */
export function widthOf(text: string): number {
  return SIMPLE.test(text) ? text.length : stringWidth(text)
}
