import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cpuSeconds, rssBytes } from '../../benchmarks/os.mjs'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { quantile } from '../parts/figures.mjs'

export const title = 'slow sockets of every kind, while others poll and send: their p99 with and without, in turn'
export const options = { sockets: 10_000, rounds: 3 }

/** Longer than a slow connection may live, so that all of them are cut off and come again while others are measured. */
const WITH_MS = 40_000
const WITHOUT_MS = 20_000

export async function prove(figures, { sockets, rounds }) {
  const server = await ServerProcess.start()
  const start = (before, name, ...args) => {
    const file = fileURLToPath(new URL(`../parts/${name}`, import.meta.url))
    const [program, ...rest] = [...before, process.execPath, file, String(server.port), ...args]
    return spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }
  const steady = start([], 'steady-client.mjs')
  // Who attacks has machines of their own: theirs is the time that nobody here wants.
  const slow = start(['chrt', '--idle', '0'], 'slow-client.mjs', String(sockets))
  const tell = async (child, what) => {
    const answer = once(child, 'message')
    child.send(what)
    return (await answer)[0]
  }
  const without = { poll: [], send: [] }
  const opening = { poll: [], send: [] }
  const during = { poll: [], send: [] }
  const cut = new Map()
  const outlived = new Set()
  let [open, failed, memory, cpu] = [sockets, 0, 0, 0]
  try {
    await pause(3_000) // connections are open, code is compiled
    for (let round = 1; round <= rounds; round++) {
      await tell(steady, 'figures')
      await pause(WITHOUT_MS)
      failed += take(without, await tell(steady, 'figures'))
      await tell(slow, 'open')
      failed += take(opening, await tell(steady, 'figures'))
      const cpuBefore = cpuSeconds([server.pid])
      await pause(WITH_MS)
      cpu += cpuSeconds([server.pid]) - cpuBefore
      failed += take(during, await tell(steady, 'figures'))
      memory = Math.max(memory, rssBytes([server.pid]))
      const seen = await tell(slow, 'close')
      open = Math.min(open, seen.open)
      for (const kind of seen.outlived) outlived.add(kind)
      for (const [kind, { times, longest }] of seen.cut) {
        const before = cut.get(kind) ?? { times: 0, longest: 0 }
        cut.set(kind, { times: before.times + times, longest: Math.max(before.longest, longest) })
      }
      await pause(3_000)
    }
    figures.note('slow sockets', sockets)
    figures.atLeast('of these, open at the end of each round', open, sockets * 0.9)
    for (const [kind, { times, longest }] of cut) {
      figures.note(`${kind}: cut off`, times)
      figures.note(`${kind}: longest life`, longest, 's')
    }
    figures.exactly('kinds that were kept too long', [...outlived].join(', ') || 'none', 'none')
    figures.exactly('polls and sends of others that failed', failed, 0)
    for (const kind of ['poll', 'send']) {
      for (const share of [0.5, 0.99, 0.999]) {
        figures.note(`${kind}s without them, p${share * 100}`, quantile(without[kind], share), 'ms')
        figures.note(`${kind}s beside them, p${share * 100}`, quantile(during[kind], share), 'ms')
      }
      const ratio = quantile(during[kind], 0.99) / quantile(without[kind], 0.99)
      figures.under(`${kind}s: p99 beside them, times p99 without`, ratio, 2, '')
      figures.note(`${kind}s while they are opened, p99`, quantile(opening[kind], 0.99), 'ms')
      figures.note(`${kind}s beside them, slowest`, quantile(during[kind], 1), 'ms')
    }
    figures.note('time of a core that the server takes beside them', (cpu * 100_000) / rounds / WITH_MS, '%')
    figures.note('memory of the server', memory / 2 ** 20, 'MB')
    figures.exactly('the same process lives', server.isRunning, true)
  } finally {
    steady.kill('SIGKILL')
    slow.kill('SIGKILL')
    await server.dispose()
  }
}

function take(all, { poll, send, failed }) {
  all.poll.push(...poll)
  all.send.push(...send)
  return failed
}
