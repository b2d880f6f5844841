/**
 * What our log takes without HTTP: senders that each append the next message when the last is on disk.
 *   FILE SENDERS MS WARM   appends for MS milliseconds, after WARM; prints one JSON object
 */
import { randomUUID } from 'node:crypto'
import { openEngine } from '../../packages/server/dist/engines/open.js'
import { cpuSeconds } from '../os.mjs'

const [file, ...numbers] = process.argv.slice(2)
const [senders, ms, warmMs] = numbers.map(Number)
const { log } = await openEngine(`sqlite:${file}`)
const from = { uid: 'anonymous', verified: false }
let appended = 0

await appendFor(warmMs)
const cpu = cpuSeconds([process.pid])
const start = performance.now()
const before = appended
await appendFor(ms)
const seconds = (performance.now() - start) / 1000
const cpuUsed = cpuSeconds([process.pid]) - cpu
console.log(
  JSON.stringify({
    appendsPerSecond: (appended - before) / seconds,
    appendsPerCpuSecond: (appended - before) / cpuUsed,
    serverCpuPct: (cpuUsed / seconds) * 100,
    lost: 0,
    errors: 0,
  }),
)
await log.close()

async function appendFor(duration) {
  const end = performance.now() + duration
  await Promise.all(Array.from({ length: senders }, () => appendUntil(end)))
}

async function appendUntil(end) {
  while (performance.now() < end) {
    appended++
    const text = `message ${appended} `.padEnd(64, 'abcdefghijklmnopqrstuvwxyz')
    await log.append({ room: 'bench', id: randomUUID(), from, text })
  }
}
