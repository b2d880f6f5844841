import { once } from 'node:events'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { MAX_HEAD_BYTES } from '@poll-chat/protocol'
import { onTestFinished, vi } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import { addressOf } from '../../src/http/listen.ts'
import { refuseRequest, refuseRequests } from '../../src/http/refuse.ts'
import { openLane } from '../../src/lane/lane.ts'
import { Unsent } from '../../src/limits/unsent.ts'
import type { Engine } from '../../src/log/contract.ts'
import { explaining } from '../../src/middleware/errors.ts'
import { createGate } from '../../src/middleware/identity.ts'
import { chatApp } from '../chat-app.ts'
import { connection } from '../sockets/serving.ts'

/** The application behind real sockets, with its hub and its lane at hand. `handedOn` counts what left the lane. */
export async function laneServer(engine: Engine = openMemory()) {
  const parts = chatApp({ engine })
  const { log, hub, inboxes, uids, rooms, limits, presence, tally, logger, app } = parts
  const handed = { on: 0 }
  const server = createServer({ maxHeaderSize: MAX_HEAD_BYTES }, getRequestListener(app.fetch))
  const parse = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket) => {
    handed.on++
    for (const listener of parse) Reflect.apply(listener, server, [socket])
  })
  server.on('clientError', refuseRequests())
  const access = { type: 'loopback' } as const
  const lane = openLane(server, {
    hub,
    inboxes,
    uids,
    rooms,
    limits,
    presence,
    log,
    tally,
    gate: createGate(access),
    unsent: new Unsent(limits.unsentBytes, tally),
    refuse: refuseRequest,
    onLostAck: () => undefined,
    explain: explaining(logger, tally),
  })
  server.listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    lane.closeAll()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const url = `http://127.0.0.1:${addressOf(server).port}`
  return { ...parts, lane, server, url, handedOn: () => handed.on, connect: () => connection(url) }
}

/** A request of the lane's kind. */
export function get(path: string, ...headers: string[]): string {
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')
}

/** Answers one after the other as they came through a plain connection; throws while the last one is not whole. */
export function answersIn(bytes: string): { status: number; head: string; body: string }[] {
  const answers: { status: number; head: string; body: string }[] = []
  let rest = Buffer.from(bytes)
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n')
    const head = rest.toString('utf8', 0, Math.max(end, 0))
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? Number.NaN)
    if (end === -1 || !(rest.length >= end + 4 + length)) throw new Error(`Not whole: ${rest}`)
    answers.push({ status: Number(head.slice(9, 12)), head, body: rest.toString('utf8', end + 4, end + 4 + length) })
    rest = rest.subarray(end + 4 + length)
  }
  return answers
}

/** Whole answers so far; half of one does not count yet. */
export function wholeAnswers(bytes: string): { status: number; head: string; body: string }[] {
  try {
    return answersIn(bytes)
  } catch {
    return []
  }
}

/** That of the real clock, whatever a test does with the server's. */
const { setTimeout } = globalThis

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** The server's clock stands still until the test moves it; sockets, and node:http, go on. */
export function serverClock() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  return { pass: (ms: number) => void vi.advanceTimersByTime(ms) }
}

/** A server in this process has read what was written before, and has noticed what was ended before. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
}
