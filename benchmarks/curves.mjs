/** Draws the growth curves of a question into docs/benchmarks. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { chart } from './chart.mjs'
import { median } from './stats.mjs'
import { groupBy } from './table.mjs'

const FOLDER = new URL('../docs/benchmarks/', import.meta.url)

/** Returns the files drawn, of curves that have at least two points. */
export function drawCurves(question, { runs }) {
  return question.curves.flatMap((curve) => {
    const points = runs.filter((run) => run.series === curve.series && run[curve.y] !== undefined)
    if (new Set(points.map((run) => run.x)).size < 2) return []
    const lines = [...groupBy(points, (run) => run.server)].map(([name, ofServer]) => ({
      name,
      points: [...groupBy(ofServer, (run) => run.x)].map(([x, all]) => {
        const values = all.map((run) => run[curve.y])
        return { x, y: median(values), low: Math.min(...values), high: Math.max(...values) }
      }),
    }))
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(
      new URL(`${curve.file}.svg`, FOLDER),
      chart({
        title: curve.title,
        xLabel: curve.x,
        yLabel: question.figures[curve.y].label,
        isLinear: curve.isLinear === true,
        lines,
      }),
    )
    return [{ file: `${curve.file}.svg`, title: `${curve.title}: ${question.figures[curve.y].label} by ${curve.x}` }]
  })
}
