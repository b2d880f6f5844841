import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { dialects } from '../load/dialects.mjs'
import { Ledger } from '../load/ledger.mjs'
import { Publishers } from '../load/publishers.mjs'
import { until } from '../load/window.mjs'
import { cpuSeconds, LOAD_CORE, rssBytes } from '../os.mjs'
import { LineSource } from '../servers/line-source.mjs'
import { command, startPollChat } from '../servers/poll-chat.mjs'
import { Pty } from '../servers/pty.mjs'
import { quantile } from '../stats.mjs'

const BARE = fileURLToPath(new URL('../servers/bare-join.mjs', import.meta.url))
const ROOM = 'lobby'

/** Each key is a letter that was not on the screen before, so its echo is the first time that it is written. */
const KEYS = Array.from({ length: 50 }, (_, i) => String.fromCharCode(0x0410 + i))
const ERASE_LINE = '\x15'

export const title = 'The terminal chat'
export const text = `\`poll-chat join\` in a terminal of 100 × 30. A flood: 10,000 lines sent as fast as the server takes them; CPU of the chat per
line, and how long after the last acknowledged send the last line is on the screen. Keys: from the key to its echo, in silence
and while 50 lines a second come in. Keys over 100,000 lines of history, while 10,000 lines a second come in for 30 seconds: "grown" is what
the memory has grown by in the last two thirds of that time, and
"lines missing" counts the last 2,000. Idle: CPU of a chat in which nobody speaks. The floor is a program without layout or editing that writes each line and each key.`
export const main = 'cpuPerLineUs'
export const figures = {
  cpuPerLineUs: { label: 'CPU µs per line', better: 'less' },
  behindMs: { label: 'last line ms' },
  keyP50Ms: { label: 'key p50 ms', better: 'less' },
  keyP95Ms: { label: 'key p95 ms' },
  rssMb: { label: 'RSS MB' },
  grownMb: { label: 'grown MB' },
  missing: { label: 'lines missing' },
  cpuPct: { label: 'CPU %', better: 'less' },
}
export const curves = []

export function cases({ quick }) {
  const keys = quick ? 50 : 100
  const all = ['poll-chat', 'floor']
  return [
    { name: 'a flood of lines', servers: all, flood: quick ? 2000 : 10_000 },
    { name: 'keys in silence', servers: all, keys, linesPerSecond: 0 },
    { name: 'keys, 50 lines a second', servers: all, keys, linesPerSecond: 50 },
    { name: 'keys, 10,000 lines a second', servers: ['poll-chat'], torrentSeconds: quick ? 6 : 30 },
    { name: 'idle', servers: ['poll-chat'], idleSeconds: quick ? 5 : 20 },
  ]
}

export async function measure(name, { flood, keys, linesPerSecond, torrentSeconds, idleSeconds }) {
  if (torrentSeconds) return typeInTorrent(torrentSeconds)
  const server = await startPollChat({ core: LOAD_CORE })
  const url = `http://127.0.0.1:${server.port}`
  const pty = new Pty(name === 'floor' ? [BARE, url, ROOM] : [command(), 'join', url, '--uid', 'bench'])
  try {
    await pty.shows(ROOM)
    await sleep(700)
    if (idleSeconds) return await stayIdle(pty, idleSeconds)
    return flood ? await takeFlood(pty, server, flood) : await typeKeys(pty, server, keys, linesPerSecond)
  } finally {
    await pty.stop()
    await server.stop()
  }
}

async function takeFlood(pty, server, lines) {
  const publishers = await senders(server, 64, lines)
  const cpu = cpuSeconds([pty.pid])
  publishers.start(() => ROOM)
  await until(() => publishers.acknowledged >= lines, 30_000)
  publishers.end()
  const last = await senders(server, 1, 1, 'the-last-line')
  last.publish(ROOM)
  await until(() => last.isIdle, 10_000)
  const acknowledgedAt = performance.now()
  await pty.shows('the-last-line', 30_000)
  const behindMs = Math.max(0, performance.now() - acknowledgedAt)
  last.end()
  await sleep(500)
  return {
    cpuPerLineUs: ((cpuSeconds([pty.pid]) - cpu) / lines) * 1e6,
    behindMs,
    rssMb: rssBytes([pty.pid]) / 1e6,
    errors: publishers.errors,
  }
}

async function typeKeys(pty, server, count, linesPerSecond) {
  const publishers = await senders(server, 4, 20_000)
  const speaking = linesPerSecond > 0 && setInterval(() => publishers.publish(ROOM), 1000 / linesPerSecond)
  const times = []
  try {
    for (let i = 0; i < count; i++) times.push(await typeKey(pty, i))
  } finally {
    clearInterval(speaking)
    publishers.end()
  }
  return { keyP50Ms: quantile(times, 0.5), keyP95Ms: quantile(times, 0.95), rssMb: rssBytes([pty.pid]) / 1e6 }
}

/** How long the echo of a key takes. */
async function typeKey(pty, i) {
  if (i % KEYS.length === 0) {
    pty.write(ERASE_LINE)
    await sleep(300)
    pty.forget()
  }
  const key = KEYS[i % KEYS.length]
  const start = performance.now()
  pty.write(key)
  await pty.shows(key, 5000)
  const took = performance.now() - start
  await sleep(23 + (i % 7)) // out of step with whatever redraws at regular times
  return took
}

async function typeInTorrent(seconds) {
  const source = await new LineSource().listen()
  const pty = new Pty([command(), 'join', source.url, '--uid', 'bench', '--mode', 'long'])
  try {
    await pty.shows(ROOM)
    await sleep(700)
    source.burst(100_000)
    if (!(await until(() => source.acknowledged >= 100_000, 60_000))) throw new Error('the history was not read')
    source.flow(10_000)
    const cpu = cpuSeconds([pty.pid])
    const end = performance.now() + seconds * 1000
    const times = []
    let settledBytes
    for (let i = 0; performance.now() < end; i++) {
      times.push(await typeKey(pty, i))
      if (performance.now() > end - (seconds * 2000) / 3) settledBytes ??= rssBytes([pty.pid])
    }
    const cpuPct = ((cpuSeconds([pty.pid]) - cpu) / seconds) * 100
    const rss = rssBytes([pty.pid])
    const { head } = source
    source.flow(0)
    await pty.shows(`line ${head} `, 30_000)
    return {
      keyP50Ms: quantile(times, 0.5),
      keyP95Ms: quantile(times, 0.95),
      rssMb: rss / 1e6,
      grownMb: (rss - settledBytes) / 1e6,
      missing: await missingLines(pty),
      cpuPct,
    }
  } finally {
    await pty.stop()
    source.close()
  }
}

const RAW_LINES = 2_000

/** Of the last 2,000 lines, how many the chat does not have: its plain text for copying tells. */
async function missingLines(pty) {
  pty.kept = 1_000_000
  pty.forget()
  pty.write('\x1bOQ') // F2
  await pty.shows('any key leads back')
  const numbers = [...pty.tail.matchAll(/: line (\d+) of /g)].map(([, number]) => Number(number))
  if (numbers.length < RAW_LINES) throw new Error(`only ${numbers.length} lines are there`)
  return numbers.at(-1) - numbers[0] + 1 - new Set(numbers).size
}

async function stayIdle(pty, seconds) {
  await sleep(2000)
  const cpu = cpuSeconds([pty.pid])
  await sleep(seconds * 1000)
  return { cpuPct: ((cpuSeconds([pty.pid]) - cpu) / seconds) * 100, rssMb: rssBytes([pty.pid]) / 1e6 }
}

async function senders({ port }, count, capacity, words) {
  const ledger = new Ledger({ run: 1, readers: 0, capacity })
  const dialect = words ? { publish: (room) => dialects['poll-chat'].publish(room, words) } : dialects['poll-chat']
  const publishers = new Publishers({ port, run: 1, room: ROOM }, { dialect, ledger })
  await publishers.open(count)
  return publishers
}
