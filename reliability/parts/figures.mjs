/** What a proof has found: rows of a table, some with what they must be. */
export class Figures {
  rows = []
  /** Markdown that stands before the table where the figures are recorded. */
  prose = ''

  /** For orientation: nothing is expected of it. */
  note(name, value, unit = '') {
    this.#add(name, value, unit, '', true)
  }

  exactly(name, value, wanted) {
    this.#add(name, value, '', `${format(wanted)}`, value === wanted)
  }

  under(name, value, limit, unit) {
    this.#add(name, value, unit, `under ${format(limit)}`, value < limit)
  }

  atLeast(name, value, limit, unit = '') {
    this.#add(name, value, unit, `${format(limit)} or more`, value >= limit)
  }

  failed(error) {
    console.error(error)
    this.#add('ended early', error instanceof Error ? error.message.split('\n', 1)[0] : error, '', 'no error', false)
  }

  get missed() {
    return this.rows.filter(({ isMet }) => !isMet).length
  }

  table() {
    const cells = [['', 'figure', 'must be', ''], ...this.cells()]
    const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column].length)))
    return cells
      .map(([name, value, wanted, verdict]) =>
        `${name.padEnd(widths[0])}  ${value.padStart(widths[1])}  ${wanted.padEnd(widths[2])}  ${verdict}`.trimEnd(),
      )
      .join('\n')
  }

  /** Name, value, what it must be, verdict. */
  cells() {
    return this.rows.map(({ name, value, unit, wanted, isMet }) => [
      name,
      `${format(value)} ${unit}`.trim(),
      wanted,
      wanted === '' ? '' : isMet ? 'ok' : 'MISSED',
    ])
  }

  #add(name, value, unit, wanted, isMet) {
    this.rows.push({ name, value, unit, wanted, isMet })
  }
}

export function format(value) {
  if (typeof value !== 'number') return String(value)
  return value.toLocaleString('en-US', {
    maximumFractionDigits: Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0,
  })
}

/** The value below which this share of the values lies. */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
