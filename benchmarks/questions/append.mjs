import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pinned, SERVER_CORE } from '../os.mjs'
import { makeFolder, removeFolder } from '../servers/process.mjs'
import { storeForLog, storeForPollChat, storeForSqlite } from '../servers/stored.mjs'
import { against } from './against.mjs'

const SQLITE = fileURLToPath(new URL('../load/sqlite-insert.mjs', import.meta.url))
const LOG = fileURLToPath(new URL('../load/log-append.mjs', import.meta.url))
const SENDERS = 64

export const title = 'Sends that reach the disk'
export const text = `64 senders back to back, each send acknowledged once it is on disk. Beside it what SQLite itself takes on the same disk
without any server: the same rows in transactions of 64, the most that 64 senders can have on their way. \`log\` is our log
without HTTP in front of it: the same 64 senders in one process, ids looked up, one commit for all that came together. The floor and nchan
keep messages in memory only; they show what HTTP alone costs.`
export const main = 'appendsPerSecond'
export const figures = {
  appendsPerSecond: { label: 'appends/s', better: 'more' },
  appendsPerCpuSecond: { label: 'appends per CPU second' },
  p50Ms: { label: 'p50 ms' },
  p99Ms: { label: 'p99 ms' },
  lost: { label: 'lost', check: true },
}
export const curves = [
  {
    file: 'append-stored',
    series: 'stored',
    title: 'Appending to a room',
    x: 'stored messages',
    y: 'appendsPerSecond',
  },
]

export function cases({ quick }) {
  const sizes = quick ? [1000] : [1000, 10_000, 100_000, 1_000_000]
  const time = { warmMs: quick ? 500 : 1000, measureMs: quick ? 1000 : 2000 }
  const job = { kind: 'append', senders: SENDERS, ...time }
  return [
    { name: 'an empty log', servers: ['poll-chat', 'log', 'sqlite', 'floor', 'nchan'], job, stored: 0 },
    ...sizes.map((stored) => ({
      name: `${stored.toLocaleString('en-US')} stored`,
      servers: ['poll-chat', 'log', 'sqlite'],
      series: 'stored',
      x: stored,
      job,
      stored,
    })),
  ]
}

export function measure(name, { job, stored }) {
  if (name === 'sqlite') return alone([SQLITE, 'insert'], job, stored, storeForSqlite)
  if (name === 'log') return alone([LOG], job, stored, storeForLog)
  const prepare = stored > 0 ? (data) => storeForPollChat(data, stored) : undefined
  return against(name, job, { start: { prepare } })
}

/** A program that writes to a database of its own. */
async function alone(program, { measureMs, warmMs }, stored, store) {
  const folder = makeFolder()
  const file = join(folder, 'bare.db')
  try {
    if (stored > 0) await store(file, stored)
    const args = [...program, file, SENDERS, measureMs, warmMs].map(String)
    const [command, all] = pinned(SERVER_CORE, process.execPath, args)
    const { stdout } = await promisify(execFile)(command, all, { timeout: 60_000 })
    return JSON.parse(stdout)
  } finally {
    removeFolder(folder)
  }
}
