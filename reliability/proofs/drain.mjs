import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { quantile } from '../parts/figures.mjs'

export const title = 'SIGTERM while many polls wait: all are answered, nobody is cut off, and it ends in time'
export const options = { waiters: 10_000 }

const PROCESSES = 2
const WAITING = fileURLToPath(new URL('../parts/waiting.mjs', import.meta.url))

export async function prove(figures, { waiters }) {
  const server = await ServerProcess.start()
  const clients = Array.from({ length: PROCESSES }, () =>
    fork(WAITING, [String(server.port), String(Math.floor(waiters / PROCESSES))]),
  )
  try {
    await Promise.all(clients.map((client) => once(client, 'message'))) // all of its polls have been sent
    await fetch(`${server.url}/healthz`)
    const ended = clients.map((client) => once(client, 'message'))
    const startedAt = performance.now()
    server.signal('SIGTERM')
    const { code } = await server.ended
    const tookMs = performance.now() - startedAt
    const results = (await Promise.all(ended)).map(([result]) => result)
    const afterMs = results.flatMap(({ answeredAt }) =>
      answeredAt.map((at) => at - Math.min(...results.map((r) => r.first))),
    )
    const sum = (name) => results.reduce((total, result) => total + result[name], 0)
    figures.note('polls that waited', waiters)
    figures.exactly(
      'of these, by what the server says',
      Number(/"waiting":(\d+),"msg":"closing"/.exec(server.output)?.[1]),
      waiters,
    )
    figures.exactly('answered with an empty batch, whole', sum('answered'), waiters)
    figures.exactly('cut off, or answered otherwise', sum('failed'), 0)
    figures.note('answers spread over', quantile(afterMs, 1), 'ms')
    figures.exactly('exit code', code, 0)
    figures.under('from SIGTERM to the end', tookMs, 5_000, 'ms')
  } finally {
    for (const client of clients) client.kill('SIGKILL')
    await server.dispose()
  }
}
