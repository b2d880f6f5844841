import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cpuSeconds, rssBytes } from '../../benchmarks/os.mjs'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { quantile } from '../parts/figures.mjs'

export const title = 'slow sockets of every kind, while others poll and send, there and at a server nobody attacks'
export const options = { sockets: 10_000, rounds: 3 }

/** Longer than a slow connection may live, so that all of them are cut off and come again while others are measured. */
const WITH_MS = 40_000
const WITHOUT_MS = 20_000

export async function prove(figures, { sockets, rounds }) {
  const server = await ServerProcess.start()
  // What attacker and others take of the machine, they take of both servers: what is left between the two is the server's own.
  const control = await ServerProcess.start()
  const start = ({ port }, before, name, ...args) => {
    const file = fileURLToPath(new URL(`../parts/${name}`, import.meta.url))
    const [program, ...rest] = [...before, process.execPath, file, String(port), ...args]
    return spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }
  // Who attacks has machines of their own: theirs is the time that nobody here wants.
  const slow = start(server, ['chrt', '--idle', '0'], 'slow-client.mjs', String(sockets))
  const tell = async (child, what) => {
    const answer = once(child, 'message')
    child.send(what)
    return (await answer)[0]
  }
  const others = [server, control].map((where) => ({
    client: start(where, [], 'steady-client.mjs'),
    without: { poll: [], send: [] },
    opening: { poll: [], send: [] },
    during: { poll: [], send: [] },
  }))
  const [here, there] = others
  let failed = 0
  /** What others have seen since the last time. Without a phase it is dropped. */
  const take = async (phase) => {
    for (const one of others) {
      const { poll, send, failed: more } = await tell(one.client, 'figures')
      one[phase]?.poll.push(...poll)
      one[phase]?.send.push(...send)
      failed += more
    }
  }
  const cut = new Map()
  const outlived = new Set()
  let [open, memory, cpu] = [sockets, 0, 0]
  try {
    await pause(3_000) // connections are open, code is compiled
    for (let round = 1; round <= rounds; round++) {
      await take()
      await pause(WITHOUT_MS)
      await take('without')
      await tell(slow, 'open')
      await take('opening')
      const cpuBefore = cpuSeconds([server.pid])
      await pause(WITH_MS)
      cpu += cpuSeconds([server.pid]) - cpuBefore
      await take('during')
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
        const p = `p${share * 100}`
        figures.note(`${kind}s without them, ${p}`, quantile(here.without[kind], share), 'ms')
        figures.note(`${kind}s beside them, ${p}`, quantile(here.during[kind], share), 'ms')
        figures.note(`${kind}s at the other server meanwhile, ${p}`, quantile(there.during[kind], share), 'ms')
      }
      const [p99, p99There] = [here, there].map(({ during }) => quantile(during[kind], 0.99))
      figures.under(`${kind}s: p99 beside them, times p99 at the other server`, p99 / p99There, 2, '')
      figures.note(`${kind}s: p99 beside them, times p99 without`, p99 / quantile(here.without[kind], 0.99))
      figures.note(
        `${kind}s: the same at the other server, which nobody attacks`,
        p99There / quantile(there.without[kind], 0.99),
      )
      figures.note(`${kind}s while they are opened, p99`, quantile(here.opening[kind], 0.99), 'ms')
      figures.note(`${kind}s beside them, slowest`, quantile(here.during[kind], 1), 'ms')
    }
    figures.note('time of a core that the server takes beside them', (cpu * 100_000) / rounds / WITH_MS, '%')
    figures.note('memory of the server', memory / 2 ** 20, 'MB')
    figures.exactly('the same process lives', server.isRunning, true)
  } finally {
    slow.kill('SIGKILL')
    for (const { client } of others) client.kill('SIGKILL')
    await control.dispose()
    await server.dispose()
  }
}
