/** Results as rows: medians, how far the runs lie apart, and how we compare. */
import { formatNumber, median } from './stats.mjs'

/** Others used more than a quarter of a core, or the hypervisor took more than this: see the Doubts in docs/benchmarks.md. */
const MAX_OTHER_PCT = 25
const MAX_STEAL_PCT = 8
const FULL_PCT = 95

/** `{ case, rows: [{ server, note?, medians, range, ratio }] }` for each case, ours first. */
export function summarise(question, { runs }) {
  return [...groupBy(runs, (run) => run.case)].map(([name, ofCase]) => {
    const main = mainFigure(question, ofCase)
    const rows = [...groupBy(ofCase, (run) => run.server)].map(([server, all]) => summariseRuns(server, all, main))
    rows.sort((a, b) => Number(b.server === 'poll-chat') - Number(a.server === 'poll-chat'))
    const ours = rows.find((row) => row.server === 'poll-chat')?.medians[main]
    for (const row of rows) row.ratio = ratio(question.figures[main].better, ours, row.medians[main])
    return { case: name, main, rows }
  })
}

/** A question may look at one thing in one case and at another in the next. */
export function mainFigure(question, runs) {
  return (
    [question.main, ...Object.keys(question.figures)].find((key) => runs.some((run) => run[key] !== undefined)) ??
    question.main
  )
}

function summariseRuns(server, all, main) {
  const good = all.filter((run) => !run.missing && !run.failed)
  const medians = {}
  for (const key of new Set(good.flatMap(Object.keys))) {
    const values = good.map((run) => run[key]).filter((value) => typeof value === 'number')
    if (values.length > 0) medians[key] = median(values)
  }
  // What must be none is not averaged away.
  for (const key of ['lost', 'duplicates', 'errors']) {
    if (medians[key] !== undefined) medians[key] = Math.max(...good.map((run) => run[key] ?? 0))
  }
  const values = good.map((run) => run[main]).filter((value) => value !== undefined)
  return { server, medians, range: [Math.min(...values), Math.max(...values)], runs: good.length, note: noteOn(all) }
}

function noteOn(all) {
  const failed = all.filter((run) => run.failed)
  const disturbed = all.filter((run) => run.otherCpuPct > MAX_OTHER_PCT || run.stealPct > MAX_STEAL_PCT)
  const limited = all.filter(isLimitedByLoad)
  return [
    all.find((run) => run.missing)?.missing,
    failed.length > 0 && `failed ${failed.length} of ${all.length}: ${failed[0]?.failed.split('\n')[0].slice(0, 80)}`,
    disturbed.length > 0 && `${disturbed.length} of ${all.length} disturbed`,
    limited.length > 0 && 'the load generator was the limit',
  ]
    .filter(Boolean)
    .join('; ')
}

/** The generator's core was full while the server's was not. */
export function isLimitedByLoad({ loadCpuPct, serverCpuPct }) {
  return loadCpuPct > FULL_PCT && serverCpuPct < FULL_PCT
}

/** How many times better ours is; below 1 we are behind. */
function ratio(better, ours, theirs) {
  if (ours === undefined || theirs === undefined || ours === theirs) return undefined
  return better === 'more' ? ours / theirs : theirs / ours
}

/** Columns: the server, its figures, and the ratio. */
function cells(question, { main, rows }) {
  const keys = Object.keys(question.figures).filter((key) => rows.some((row) => row.medians[key] !== undefined))
  keys.sort((a, b) => Number(b === main) - Number(a === main))
  const head = ['', ...keys.map((key) => question.figures[key].label), 'ours is better by', 'note']
  const body = rows.map((row) => [
    row.server,
    ...keys.map((key) => formatNumber(row.medians[key]) + (key === main ? spread(row) : '')),
    row.ratio === undefined ? '' : `${formatNumber(row.ratio)} ×`,
    row.note,
  ])
  if (body.every((row) => row.at(-1) === '')) for (const row of [head, ...body]) row.pop()
  return [head, ...body]
}

function spread({ range: [low, high], runs }) {
  return runs > 1 ? ` (${formatNumber(low)}–${formatNumber(high)})` : ''
}

export function textTable(question, result) {
  return summarise(question, result)
    .map((one) => {
      const rows = cells(question, one)
      const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
      const lines = rows.map((row) =>
        row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
      )
      return `\n${one.case}\n${lines.join('\n')}`
    })
    .join('\n')
}

export function markdownTables(question, result) {
  return summarise(question, result)
    .map((one) => {
      const [head, ...body] = cells(question, one)
      head[0] = one.case
      const lines = [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...body]
      return lines.map((row) => `| ${row.join(' | ')} |`).join('\n')
    })
    .join('\n\n')
}

export function groupBy(items, keyOf) {
  const groups = new Map()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}
