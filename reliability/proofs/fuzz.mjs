import { connect } from 'node:net'
import { PROBLEMS } from '@poll-chat/protocol'
import fc from 'fast-check'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { oddRequests } from '../parts/odd-requests.mjs'

export const title = 'odd requests to every route: no 5xx, no crash, and every refusal a problem document'
export const options = { requests: 100_000, seed: 1 }

const TOGETHER = 64

/** A stream, or half a request, says nothing more: looked at until then, in milliseconds. */
const ENOUGH_MS = 400

export async function prove(figures, { requests, seed }) {
  for (const lane of ['on', 'off']) await proveLane(figures, lane, requests / 2, seed)
}

async function proveLane(figures, lane, requests, seed) {
  const server = await ServerProcess.start({ args: ['--lane', lane, '--log-level', 'error'] })
  const found = { statuses: new Map(), faults: [] }
  try {
    const description = await (await fetch(`${server.url}/openapi.json`)).json()
    const all = fc.sample(oddRequests(description), { numRuns: requests, seed })[Symbol.iterator]()
    const work = async () => {
      for (const request of all) judge(found, request, await exchange(server.port, request.bytes))
    }
    await Promise.all(Array.from({ length: TOGETHER }, work))
    const lives = await fetch(`${server.url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    )
    const count = (first) => [...found.statuses].reduce((sum, [status, n]) => sum + (status[0] === first ? n : 0), 0)
    figures.note(`lane ${lane}: requests`, requests)
    figures.atLeast(`lane ${lane}: answered with 2xx`, count('2'), requests / 20)
    figures.note(`lane ${lane}: refused with 4xx`, count('4'))
    figures.exactly(`lane ${lane}: answered with 5xx`, count('5'), 0)
    figures.exactly(`lane ${lane}: answers that are not as they must be`, found.faults.length, 0)
    const errors = server.output.split('\n').filter((line) => line.includes('"level":50'))
    figures.exactly(`lane ${lane}: errors in the server's log`, errors.length, 0)
    figures.exactly(`lane ${lane}: the same process lives and answers`, lives && server.isRunning, true)
    for (const fault of [...found.faults, ...errors].slice(0, 10)) console.log(`  ${fault}`)
  } finally {
    await server.dispose()
  }
}

function judge({ statuses, faults }, { method, line }, answer) {
  const [head = '', ...rest] = answer.split('\r\n\r\n')
  const status = /^HTTP\/1\.1 (\d\d\d)/.exec(head)?.[1] ?? 'none'
  statuses.set(status, (statuses.get(status) ?? 0) + 1)
  const has = (pattern) => pattern.test(head)
  const fault = (what) => faults.push(`${what}: ${status} to ${line}`)
  // A body that is shorter than its length says, and what asked to wait for a 100, is still waited for.
  if (status === 'none' || status[0] === '1') return
  if (!has(/^x-content-type-options: nosniff/im)) fault('may be taken for something else')
  if (has(/^content-type: text\/html/im) && !has(/^content-security-policy: default-src 'none'/im)) fault('no policy')
  if (Number(status) < 400 || method === 'HEAD') return
  const code = /"code":"([^"]+)"/.exec(rest.join('\r\n\r\n'))?.[1] ?? ''
  if (!has(/^content-type: application\/problem\+json/im) || PROBLEMS[code]?.[0] !== Number(status))
    fault('no problem document')
}

/** All that comes back on a connection of its own, until it ends or enough time has gone by. */
function exchange(port, bytes) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const chunks = []
    const enough = setTimeout(() => socket.destroy(), ENOUGH_MS)
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      if (isWhole(Buffer.concat(chunks).toString('latin1'))) socket.destroy()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(enough)
      resolve(Buffer.concat(chunks).toString())
    })
    socket.write(bytes)
  })
}

/** Kept-alive answers end by their length. */
function isWhole(text) {
  const end = text.indexOf('\r\n\r\n')
  const length = /^content-length: (\d+)/im.exec(text.slice(0, end))?.[1]
  return end !== -1 && length !== undefined && text.length - end - 4 >= Number(length)
}
