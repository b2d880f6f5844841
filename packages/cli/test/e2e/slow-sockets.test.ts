/** Connections that take as long as they can are cut off, and nobody else notices them. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { ServerProcess } from './fixture/server-process.ts'
import { SlowSockets } from './fixture/slow-sockets.ts'

const SLOW = 350
const CUT_SOON = ['silent', 'a head in the lane', 'a head past the lane']

let server: ServerProcess | undefined
let slow: SlowSockets | undefined

afterEach(async () => {
  slow?.close()
  await server?.dispose()
})

test.each(['on', 'off'])(
  'slow heads are cut off again and again, others are answered, with the lane %s',
  async (lane) => {
    server = await ServerProcess.start({ args: ['--lane', lane] })
    slow = new SlowSockets(server.port)
    await slow.start(SLOW)
    while (!CUT_SOON.every((kind) => slow?.cut.has(kind))) {
      expect(await statusOf(fetch(`${server.url}/v1/rooms/lobby/messages`, { method: 'POST', body: 'x' }))).toBe(201)
      expect(await statusOf(fetch(`${server.url}/v1/rooms/lobby/messages?after=0`))).toBe(200)
      await pause(50)
    }
    expect(slow.open).toBe(SLOW)
    expect(await (await fetch(`${server.url}/v1/rooms`)).json()).toMatchObject({ rooms: [{ room: 'lobby' }] })
  },
)

test('they fill the limit of connections and no more: who was there before goes on, and all come in again after', async () => {
  server = await ServerProcess.start({ args: ['--limits', 'connections-per-address=100'] })
  const { url } = server
  const poll = () => statusOf(fetch(`${url}/v1/rooms/lobby/messages?after=0`))
  expect(await poll()).toBe(200) // fetch keeps its connection
  slow = new SlowSockets(server.port)
  await slow.start(SLOW)
  expect(await poll()).toBe(200)
  expect(slow.cut.size).toBeGreaterThan(0)
  slow.close()
  const own = () => statusOf(fetch(`${url}/healthz`, { headers: { Connection: 'close' } })).catch(() => 0)
  while ((await own()) !== 200) await pause(50)
})

async function statusOf(answer: Promise<Response>): Promise<number> {
  const response = await answer
  await response.text()
  return response.status
}
