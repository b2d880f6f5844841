import { connect } from 'node:net'
import { PROBLEMS } from '@poll-chat/protocol'
import fc from 'fast-check'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { oddFrames } from '../parts/odd-frames.mjs'
import { oddRequests } from '../parts/odd-requests.mjs'

export const title =
  'odd requests to every route, and odd frames: no 5xx, no crash, and every refusal a problem document'
export const options = { requests: 100_000, sockets: 10_000, seed: 1 }

const TOGETHER = 64

/** A stream, or half a request, says nothing more: looked at until then, in milliseconds. */
const ENOUGH_MS = 400
const ENOUGH_OF_FRAMES_MS = 1_000

export async function prove(figures, { requests, sockets, seed }) {
  for (const lane of ['on', 'off']) await proveLane(figures, lane, requests / 2, seed)
  await proveFrames(figures, sockets, seed)
}

const UPGRADE = [
  ...['GET /v1/rooms/lobby/socket?after=0 HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket'],
  ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='],
].join('\r\n')

/** What a session is closed with when its client is at fault: RFC 6455 §7.4.1. 1000, 1001 and so on answer the client's own. */
const CLIENT_FAULTS = [1002, 1003, 1007, 1009]

async function proveFrames(figures, sockets, seed) {
  const server = await ServerProcess.start({ args: ['--log-level', 'error'] })
  const found = { sent: 0, problems: 0, closed: 0, faults: [] }
  try {
    const all = fc.sample(oddFrames, { numRuns: sockets, seed })[Symbol.iterator]()
    const work = async () => {
      for (const frames of all) {
        const bytes = Buffer.concat([Buffer.from(`${UPGRADE}\r\n\r\n`), frames])
        judgeFrames(found, await exchange(server.port, bytes, ENOUGH_OF_FRAMES_MS), frames)
      }
    }
    await Promise.all(Array.from({ length: TOGETHER }, work))
    const errors = errorsIn(server.output)
    figures.note('sockets: opened', sockets)
    figures.atLeast('sockets: messages sent', found.sent, sockets / 40)
    figures.atLeast('sockets: frames refused with a problem', found.problems, sockets / 20)
    figures.note('sockets: closed for a fault', found.closed)
    figures.exactly('sockets: answers that are not as they must be', found.faults.length, 0)
    figures.exactly("sockets: errors in the server's log", errors.length, 0)
    figures.exactly('sockets: the same process lives and answers', (await lives(server)) && server.isRunning, true)
    for (const fault of [...found.faults, ...errors].slice(0, 10)) console.log(`  ${fault}`)
  } finally {
    await server.dispose()
  }
}

function judgeFrames(found, answer, frames) {
  const end = answer.indexOf('\r\n\r\n')
  const fault = (what) => found.faults.push(`${what} to ${frames.toString('hex', 0, 60)}`)
  if (end === -1) return // it takes longer than that on a busy machine
  if (!answer.latin1Slice(0, end).startsWith('HTTP/1.1 101 ')) return fault(`no upgrade: ${answer.latin1Slice(0, 12)}`)
  for (const { opcode, body } of framesIn(answer.subarray(end + 4))) {
    if (opcode === 8 && body.length > 1 && CLIENT_FAULTS.includes(body.readUInt16BE())) found.closed++
    if (opcode === 8 && body.length > 1 && body.readUInt16BE() === 1011) fault('closed with 1011')
    if (opcode !== 1) continue
    const { type, problem } = JSON.parse(body.toString())
    if (type === 'sent') found.sent++
    if (type !== 'problem') continue
    found.problems++
    if (PROBLEMS[problem.code]?.[0] !== problem.status || problem.status >= 500)
      fault(`${problem.status} ${problem.code}`)
  }
}

/** Whole frames of a server: not masked, not in pieces. */
function framesIn(bytes) {
  const frames = []
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = bytes[at + 1] ?? 0
    const further = short === 126 ? 2 : short === 127 ? 8 : 0
    if (at + 2 + further > bytes.length) break
    const length = further === 0 ? short : bytes.readUIntBE(at + 2 + Math.max(0, further - 6), Math.min(further, 6))
    const start = at + 2 + further
    if (start + length > bytes.length) break
    frames.push({ opcode: (bytes[at] ?? 0) & 15, body: bytes.subarray(start, start + length) })
    at = start + length
  }
  return frames
}

async function proveLane(figures, lane, requests, seed) {
  const server = await ServerProcess.start({ args: ['--lane', lane, '--log-level', 'error'] })
  const found = { statuses: new Map(), faults: [] }
  try {
    const description = await (await fetch(`${server.url}/openapi.json`)).json()
    const all = fc.sample(oddRequests(description), { numRuns: requests, seed })[Symbol.iterator]()
    const work = async () => {
      for (const request of all) judge(found, request, (await exchange(server.port, request.bytes)).toString())
    }
    await Promise.all(Array.from({ length: TOGETHER }, work))
    const count = (first) => [...found.statuses].reduce((sum, [status, n]) => sum + (status[0] === first ? n : 0), 0)
    figures.note(`lane ${lane}: requests`, requests)
    figures.atLeast(`lane ${lane}: answered with 2xx`, count('2'), requests / 20)
    figures.note(`lane ${lane}: refused with 4xx`, count('4'))
    figures.exactly(`lane ${lane}: answered with 5xx`, count('5'), 0)
    figures.exactly(`lane ${lane}: answers that are not as they must be`, found.faults.length, 0)
    const errors = errorsIn(server.output)
    figures.exactly(`lane ${lane}: errors in the server's log`, errors.length, 0)
    figures.exactly(`lane ${lane}: the same process lives and answers`, (await lives(server)) && server.isRunning, true)
    for (const fault of [...found.faults, ...errors].slice(0, 10)) console.log(`  ${fault}`)
  } finally {
    await server.dispose()
  }
}

function lives(server) {
  return fetch(`${server.url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )
}

function errorsIn(output) {
  return output.split('\n').filter((line) => /"level":[56]0/.test(line))
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
function exchange(port, bytes, enoughMs = ENOUGH_MS) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const chunks = []
    const enough = setTimeout(() => socket.destroy(), enoughMs)
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      if (isWhole(Buffer.concat(chunks).toString('latin1'))) socket.destroy()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(enough)
      resolve(Buffer.concat(chunks))
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
