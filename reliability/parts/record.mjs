/** Puts the figures of a run into a page of docs/, between the two marks that bear the proof's name. */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

export function record(name, settings, figures, minutes, pageName = 'reliability.md') {
  const file = new URL(`../../docs/${pageName}`, import.meta.url)
  const page = readFileSync(file, 'utf8')
  const marked = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)
  if (!marked.test(page)) throw new Error(`docs/${pageName} has no place for ${name}.`)
  writeFileSync(
    file,
    page.replace(marked, (_, begin, end) => begin + section(settings, figures, minutes) + end),
  )
}

function section(settings, figures, minutes) {
  const asked = Object.entries(settings).map(([option, value]) => `--${option} ${value}`)
  const day = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} cores of ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB`
  const head = [day, machine, `Node ${process.version}`, ...asked, `${minutes.toFixed(1)} minutes`].join(' · ')
  const rows = figures
    .cells()
    .map(([label, value, wanted, verdict]) => `| ${label} | ${value} | ${wanted} | ${verdict} |`)
  return `\n${head}\n\n${figures.prose === '' ? '' : `${figures.prose}\n`}| | figure | must be | |\n|---|---:|---|---|\n${rows.join('\n')}\n\n`
}
