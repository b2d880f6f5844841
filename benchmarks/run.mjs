/**
 * npm run bench [-- QUESTION…] [--quick] [--reps N] [--servers A,B] [--case TEXT]
 * Measures, prints tables, writes results/*.json and, of whole runs, draws the curves in docs/benchmarks.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { drawCurves } from './curves.mjs'
import { endedChildrenCpuSeconds, machineFacts, machineSeconds } from './os.mjs'
import { questionNames, questions } from './questions/index.mjs'
import { servers } from './servers/index.mjs'
import { formatNumber } from './stats.mjs'
import { isLimitedByLoad, mainFigure, textTable } from './table.mjs'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    reps: { type: 'string' },
    servers: { type: 'string' },
    case: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !questionNames.includes(name))
if (flags.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`No question is called ${unknown.join(' or ')}.`)
  console.error(`npm run bench -- [${questionNames.join('|')}]… [--quick] [--reps N] [--servers A,B] [--case TEXT]`)
  process.exit(unknown.length > 0 ? 2 : 0)
}
if (process.platform !== 'linux') {
  console.error('The benchmarks read CPU time and memory from /proc: they need Linux.')
  process.exit(2)
}

const { quick } = flags
const reps = Number(flags.reps ?? (quick ? 1 : 3))
const isWhole = !quick && reps >= 3 && !flags.servers && !flags.case
const out = new URL(isWhole ? './results/' : './results/partial/', import.meta.url)
const machine = machineFacts()
if (!machine.pinned)
  console.log('There is no taskset, or one core only: nothing is pinned, and servers and load disturb each other.')

mkdirSync(out, { recursive: true })
const startedAt = performance.now()
for (const name of positionals.length > 0 ? positionals : questionNames) {
  const question = questions[name]
  console.log(`\n${question.title}`)
  const result = await ask(name, question)
  writeFileSync(new URL(`${name}.json`, out), `${JSON.stringify(result, null, 2)}\n`)
  console.log(textTable(question, result))
  if (isWhole) drawCurves(question, result)
}
console.log(`\n${formatNumber((performance.now() - startedAt) / 60_000)} minutes; all runs are in ${out.pathname}`)
if (isWhole) console.log('node benchmarks/report.mjs puts them into docs/benchmarks.md.')
process.exit(0)

async function ask(name, question) {
  const takenAt = new Date().toISOString()
  const wanted = flags.servers?.split(',')
  const cases = question.cases({ quick }).filter((one) => one.name.includes(flags.case ?? ''))
  const runs = []
  for (const one of cases) {
    const contenders = one.servers.filter((server) => !wanted || wanted.includes(server))
    for (let rep = 1; rep <= reps; rep++) {
      // Interleaved, and beginning with another one each time: what the machine does meanwhile meets all alike.
      for (let i = 0; i < contenders.length; i++) {
        const server = contenders[(i + rep - 1) % contenders.length]
        const run = await measure(question, server, one)
        if (run.missing && rep > 1) continue
        runs.push({ case: one.name, ...(one.series && { series: one.series, x: one.x }), server, rep, ...run })
        console.log(`  ${one.name} · ${server} · ${rep}: ${inOneLine(run, question)}`)
      }
    }
  }
  return { question: name, takenAt, quick, reps, machine, runs }
}

async function measure(question, server, one) {
  const missing = servers[server]?.missing() ?? question.missing?.(one)
  if (missing) return { missing }
  const before = { ...machineSeconds(), ours: ownSeconds(), at: performance.now() }
  try {
    const figures = await question.measure(server, one)
    const seconds = (performance.now() - before.at) / 1000
    const { busy, steal } = machineSeconds()
    return {
      ...rounded(figures),
      seconds: Number(seconds.toFixed(1)),
      otherCpuPct: percent(busy - before.busy - (ownSeconds() - before.ours), seconds),
      stealPct: percent(steal - before.steal, seconds),
    }
  } catch (error) {
    return { failed: String(error.message).slice(0, 500) }
  }
}

/** CPU of this process and of all that it has started and ended. */
function ownSeconds() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6 + endedChildrenCpuSeconds()
}

function percent(part, whole) {
  return Math.max(0, Math.round((part / whole) * 100))
}

function rounded(figures) {
  const entries = Object.entries(figures).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'number' ? Number(value.toPrecision(6)) : value]),
  )
}

function inOneLine(run, question) {
  if (run.missing) return run.missing
  if (run.failed) return `failed: ${run.failed}`
  const faults =
    run.errors || run.lost || run.duplicates ? ` · ${run.lost} lost, ${run.duplicates} twice, ${run.errors} errors` : ''
  const limit = isLimitedByLoad(run) ? ' · the load generator was the limit' : ''
  const other =
    run.otherCpuPct > 25 || run.stealPct > 8
      ? ` · disturbed (${run.otherCpuPct} % other, ${run.stealPct} % stolen)`
      : ''
  const main = mainFigure(question, [run])
  return `${formatNumber(run[main])} ${question.figures[main].label}${faults}${limit}${other}`
}
