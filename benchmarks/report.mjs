/** Rewrites what stands between the markers in docs/benchmarks.md from results/*.json, and draws the curves. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { drawCurves } from './curves.mjs'
import { questions } from './questions/index.mjs'
import { markdownTables } from './table.mjs'

const PAGE = new URL('../docs/benchmarks.md', import.meta.url)

let page = readFileSync(PAGE, 'utf8')
const results = new Map()
for (const [name, question] of Object.entries(questions)) {
  const file = new URL(`./results/${name}.json`, import.meta.url)
  const result = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  if (result) results.set(name, result)
  page = between(page, name, result ? section(question, result) : `${question.text}\n\nNot measured yet.`)
}
page = between(page, 'machine', machine([...results.values()]))
writeFileSync(PAGE, page)

function section(question, result) {
  const curves = drawCurves(question, result).map(({ file, title }) => `![${title}](benchmarks/${file})`)
  return [question.text, markdownTables(question, result), ...curves].join('\n\n')
}

/** Results of several days may stand side by side; each is said with its machine. */
function machine(all) {
  if (all.length === 0) return 'No figures have been taken yet.'
  const lines = all.map(({ question, takenAt, reps, machine: facts }) => {
    const { cores, cpu, memoryGiB, kernel, node, nginx, pinned, descriptors } = facts
    const where = `${cores} cores (${cpu}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, nginx ${nginx}, ${descriptors} descriptors`
    return { question, key: `${takenAt.slice(0, 10)}, medians of ${reps}: ${where}${pinned ? '' : ', not pinned'}` }
  })
  const keys = [...new Set(lines.map(({ key }) => key))]
  return keys
    .map((key) => {
      const names = lines.filter((line) => line.key === key).map(({ question }) => question)
      return `- ${names.join(', ')}: ${key}.`
    })
    .join('\n')
}

function between(text, name, content) {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const from = text.indexOf(open)
  const to = text.indexOf(close)
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has no ${open} … ${close}`)
  return `${text.slice(0, from + open.length)}\n\n${content}\n\n${text.slice(to)}`
}
