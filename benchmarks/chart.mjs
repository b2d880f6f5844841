/** Growth curves as SVG. x is logarithmic unless told otherwise, y begins at 0; a bar at each point spans its runs. */
import { formatNumber } from './stats.mjs'

const WIDTH = 640
const HEIGHT = 300
const PLOT = { left: 70, right: 530, top: 44, bottom: 250 }
const COLOURS = {
  'poll-chat': '#0a7d4f',
  floor: '#6b7280',
  nchan: '#b45309',
  'nchan-multi': '#92400e',
  sqlite: '#1d4ed8',
  'socket.io': '#7c3aed',
}
const STEPS = [1, 2, 2.5, 5, 10]

/** @param lines `{ name, points: [{ x, y, low, high }] }` */
export function chart({ title, xLabel, yLabel, isLinear, lines }) {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b)
  const yStep = niceStep(Math.max(...lines.flatMap(({ points }) => points.map(({ high }) => high))) / 4)
  const yTop = yStep * Math.ceil(Math.max(...lines.flatMap(({ points }) => points.map(({ high }) => high))) / yStep)
  const along = isLinear ? (x) => x / xs.at(-1) : (x) => Math.log(x / xs[0]) / Math.log(xs.at(-1) / xs[0])
  const toX = (x) => fixed(PLOT.left + along(x) * (PLOT.right - PLOT.left))
  const toY = (y) => fixed(PLOT.bottom - (y / yTop) * (PLOT.bottom - PLOT.top))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12">
<title>${escapeXml(`${title}: ${yLabel} by ${xLabel}`)}</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="16" y="24" font-size="14" font-weight="600" fill="#111">${escapeXml(title)}</text>
<text x="${PLOT.right}" y="24" text-anchor="end" fill="#444">${escapeXml(yLabel)}</text>
${yAxis(yStep, yTop, toY)}
${xAxis(xs, toX)}
<text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 10}" text-anchor="middle" fill="#444">${escapeXml(xLabel)}</text>
${lines.map((line) => drawLine(line, toX, toY)).join('\n')}
${names(lines, toY)}
</svg>
`
}

function yAxis(step, top, toY) {
  const marks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step)
  return marks
    .map(
      (mark) =>
        `<path d="M${PLOT.left} ${toY(mark)}H${PLOT.right}" stroke="#e5e7eb"/><text x="${PLOT.left - 8}" y="${toY(mark) + 4}" text-anchor="end" fill="#444">${formatNumber(mark)}</text>`,
    )
    .join('\n')
}

function xAxis(xs, toX) {
  return xs
    .map(
      (x) => `<text x="${toX(x)}" y="${PLOT.bottom + 18}" text-anchor="middle" fill="#444">${formatNumber(x)}</text>`,
    )
    .filter((_, i) => i === 0 || i === xs.length - 1 || toX(xs.at(-1)) - toX(xs[i]) > 50)
    .join('\n')
}

function drawLine({ name, points }, toX, toY) {
  const colour = COLOURS[name] ?? '#111'
  const path = points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${toX(x)} ${toY(y)}`).join('')
  const dots = points
    .map(
      ({ x, y, low, high }) =>
        `<path d="M${toX(x)} ${toY(low)}V${toY(high)}" stroke-opacity="0.4" stroke-width="4"/><circle cx="${toX(x)}" cy="${toY(y)}" r="3" fill="${colour}"/>`,
    )
    .join('')
  const width = name === 'poll-chat' ? 2.5 : 1.5
  return `<g stroke="${colour}" fill="none" stroke-width="${width}"><path d="${path}"/>${dots}</g>`
}

/** Each at the end of its line, moved apart where they would overlap. */
function names(lines, toY) {
  const labels = lines.map(({ name, points }) => ({ name, y: toY(points.at(-1).y) + 4 })).sort((a, b) => a.y - b.y)
  for (let i = 1; i < labels.length; i++) labels[i].y = Math.max(labels[i].y, labels[i - 1].y + 14)
  return labels
    .map(
      ({ name, y }) =>
        `<text x="${PLOT.right + 10}" y="${fixed(y)}" fill="${COLOURS[name] ?? '#111'}">${escapeXml(name)}</text>`,
    )
    .join('\n')
}

function niceStep(wanted) {
  const size = 10 ** Math.floor(Math.log10(wanted))
  return STEPS.find((step) => step * size >= wanted) * size
}

function fixed(value) {
  return Number(value.toFixed(1))
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
