import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { endedChildrenCpuSeconds, LOAD_CORE, pinned, SERVER_CORE } from '../os.mjs'
import { command, startPollChat } from '../servers/poll-chat.mjs'
import { Pty } from '../servers/pty.mjs'
import { quantile } from '../stats.mjs'

const EMPTY = fileURLToPath(new URL('../servers/empty.mjs', import.meta.url))

export const title = 'Starting the command'
export const text = `\`poll-chat send\` from the start of the process to its end: round trip and commit to disk included. \`poll-chat join\` in a
terminal until its first frame is drawn, and until a key that was typed meanwhile is in the box: Ink loads in between. The floor is \`node empty.mjs\`, an empty file, started the same way and until its end.
After the first few starts, so that files are cached and compiled code is kept.`
export const main = 'p50Ms'
export const figures = {
  p50Ms: { label: 'p50 ms', better: 'less' },
  p95Ms: { label: 'p95 ms' },
  cpuMs: { label: 'CPU ms' },
}
export const curves = []

export function cases({ quick }) {
  const starts = quick ? 4 : 10
  return [
    { name: 'send', servers: ['poll-chat', 'floor'], starts },
    { name: 'join, first frame', servers: ['poll-chat', 'floor'], starts },
    { name: 'join, first key', servers: ['poll-chat', 'floor'], starts },
  ]
}

export async function measure(name, { name: what, starts }) {
  const server = await startPollChat({ core: LOAD_CORE })
  const url = `http://127.0.0.1:${server.port}`
  try {
    if (what === 'send') {
      const args = name === 'floor' ? [EMPTY] : [command(), 'send', '--server', url, '--uid', 'bench', 'hello']
      return await repeat(starts, () => runToEnd(args))
    }
    const join = what === 'join, first key' ? firstKey : firstFrame
    return await repeat(starts, name === 'floor' ? () => endInPty([EMPTY]) : () => join(url))
  } finally {
    await server.stop()
  }
}

async function repeat(starts, once) {
  for (let i = 0; i < 2; i++) await once()
  const times = []
  const cpu = endedChildrenCpuSeconds()
  for (let i = 0; i < starts; i++) times.push(await once())
  const cpuSeconds = endedChildrenCpuSeconds() - cpu
  return { p50Ms: quantile(times, 0.5), p95Ms: quantile(times, 0.95), cpuMs: (cpuSeconds / starts) * 1000 }
}

function runToEnd(args) {
  const start = performance.now()
  const child = spawn(...pinned(SERVER_CORE, process.execPath, args), { stdio: ['ignore', 'ignore', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve(performance.now() - start)
      else reject(new Error(`${args.join(' ')} ended with ${code}`))
    })
  })
}

async function endInPty(args) {
  const start = performance.now()
  await new Pty(args).ended
  return performance.now() - start
}

/** The frame has the room's name in it. */
function firstFrame(url) {
  return joinUntil(url, (pty) => pty.shows('lobby'))
}

let keys = 0

/** What earlier starts have left in the box is something else; so is the echo of the terminal itself, before the frame. */
function firstKey(url) {
  return joinUntil(url, async (pty) => {
    const typed = `${process.pid}-${++keys}.`
    pty.write(typed)
    await pty.shows('lobby')
    pty.forget()
    await pty.shows(typed)
    pty.write('\x15') // what is in the box would be kept for the next start
  })
}

async function joinUntil(url, seen) {
  const start = performance.now()
  const pty = new Pty([command(), 'join', url, '--uid', 'bench'])
  try {
    await seen(pty)
    return performance.now() - start
  } finally {
    await pty.stop()
  }
}
