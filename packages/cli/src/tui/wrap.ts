import { clustersOf, widthOf } from './graphemes.ts'

/** One row of a wrapped line: what is shown, its width, and which part of the line it stands for. */
export type Row = { text: string; width: number; start: number; end: number }

/**
 * Whether blanks that do not fit at the end of a row are left out there (`hang`, for reading) or begin the next row
 * (`keep`, for editing, where the cursor must be able to stand on them).
 */
export type Blanks = 'hang' | 'keep'

/** Wraps a sanitised text, line by line. */
export function wrapText(text: string, columns: number, blanks: Blanks): Row[] {
  const rows: Row[] = []
  let offset = 0
  for (const line of text.split('\n')) {
    for (const row of wrapLine(line, columns, blanks)) {
      rows.push({ ...row, start: row.start + offset, end: row.end + offset })
    }
    offset += line.length + 1
  }
  return rows
}

/** Lines seen lately, since the box and the last messages are laid out anew at every key. */
const cache = new Map<string, readonly Row[]>()
const MAX_CACHED = 500

/**
 * Wraps one line. Words are kept together where they fit; wide characters can be parted from each other; a cluster is
 * never split. The parts of the rows, joined, are the line; no row is wider than `columns`.
 */
export function wrapLine(line: string, columns: number, blanks: Blanks): readonly Row[] {
  const key = `${columns} ${blanks} ${line}`
  const known = cache.get(key)
  if (known) return known
  const rows = breakLine(line, columns, blanks)
  if (cache.size >= MAX_CACHED) cache.clear()
  cache.set(key, rows)
  return rows
}

function breakLine(line: string, columns: number, blanks: Blanks): Row[] {
  const rows: Row[] = []
  let start = 0
  let width = 0
  let hangsFrom: number | undefined
  /** The last place where this row could end, and its width up to there. */
  let seam = { at: 0, width: 0 }

  const cut = (end: number, rowWidth: number) => {
    rows.push({ text: line.slice(start, hangsFrom ?? end), width: rowWidth, start, end })
    start = end
    width -= rowWidth
    hangsFrom = undefined
  }

  for (const { segment, index } of clustersOf(line)) {
    const clusterWidth = widthOf(segment)
    const end = index + segment.length
    if (clusterWidth > columns) {
      if (index > start) cut(index, width)
      rows.push({ text: '?', width: 1, start, end })
      start = end
      width = 0
      continue
    }
    if (segment === ' ' && blanks === 'hang' && width + 1 > columns) {
      hangsFrom ??= index
      continue
    }
    if (hangsFrom !== undefined || (clusterWidth > 1 && width + clusterWidth > columns)) cut(index, width)
    while (width + clusterWidth > columns) {
      if (seam.at > start && segment !== ' ') cut(seam.at, seam.width)
      else cut(index, width)
      seam = { at: 0, width: 0 }
    }
    width += clusterWidth
    if (segment === ' ' || clusterWidth > 1) seam = { at: end, width }
  }
  if (start < line.length || rows.length === 0) cut(line.length, width)
  return rows
}
