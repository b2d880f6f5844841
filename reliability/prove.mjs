/**
 * npm run prove                                  lists the proofs
 * npm run prove -- NAME… [--OPTION N] [--record]
 * Each proof prints its figures, and the exit code is 1 when one is missed. `--record` puts them into
 * docs/reliability.md as well.
 */
import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Figures } from './parts/figures.mjs'
import { record } from './parts/record.mjs'

if (process.platform !== 'linux') {
  console.error('The proofs kill processes, cut disks and read /proc: they need Linux.')
  process.exit(2)
}

const names = readdirSync(new URL('./proofs/', import.meta.url)).map((file) => file.replace(/\.mjs$/, ''))
const proofs = new Map()
for (const name of names) proofs.set(name, await import(`./proofs/${name}.mjs`))

const { flags, wanted } = commandLine()
if (wanted.length === 0) list()

let missed = 0
for (const name of wanted) missed += await run(name, proofs.get(name))
process.exit(missed === 0 ? 0 : 1)

function commandLine() {
  const known = Object.assign({}, ...[...proofs.values()].map(({ options = {} }) => options))
  const options = Object.fromEntries(Object.keys(known).map((option) => [option, { type: 'string' }]))
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { ...options, record: { type: 'boolean', default: false } },
    })
    const unknown = positionals.filter((name) => !proofs.has(name))
    if (unknown.length > 0) throw new Error(`No proof is called ${unknown.join(' or ')}; npm run prove lists them.`)
    return { flags: values, wanted: positionals }
  } catch (error) {
    console.error(error.message)
    return process.exit(2)
  }
}

function list() {
  for (const [name, { title, options = {} }] of proofs) {
    const settings = Object.entries(options).map(([option, value]) => `--${option} ${value}`)
    console.log(`${name.padEnd(13)} ${title}${settings.length > 0 ? ` (${settings.join(' ')})` : ''}`)
  }
  console.log('\nnpm run prove -- NAME runs one. docs/reliability.md says what each shows, and has the last figures.')
  process.exit(0)
}

/** Returns how many figures it missed. */
async function run(name, { title, options = {}, page, prove }) {
  const settings = Object.fromEntries(Object.entries(options).map(([option, or]) => [option, numberOf(option, or)]))
  console.log(`${name}: ${title}`)
  const figures = new Figures()
  const startedAt = performance.now()
  try {
    await prove(figures, settings)
  } catch (error) {
    figures.failed(error)
  }
  const minutes = (performance.now() - startedAt) / 60_000
  console.log(`${figures.table()}\n${minutes.toFixed(1)} minutes\n`)
  if (flags.record) record(name, settings, figures, minutes, page)
  return figures.missed
}

function numberOf(option, or) {
  const value = flags[option] === undefined ? or : Number(flags[option])
  if (value > 0) return value
  console.error(`--${option} takes a number above 0, not "${flags[option]}".`)
  return process.exit(2)
}
