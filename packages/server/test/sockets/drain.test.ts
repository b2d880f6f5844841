import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openForTest } from '../engines.ts'
import { askServer, sent } from '../http.ts'
import { spawnServer } from '../spawn-server.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { connection, parseAnswer, serving } from './serving.ts'

const POLL = '/v1/rooms/lobby/messages?after=0&wait=55'

it('closing answers all who wait with an empty batch, and leaves no connection, within 5 seconds', async () => {
  const { url, close } = await serving()
  const waiting = await Promise.all(Array.from({ length: 50 }, () => connection(url)))
  for (const { get } of waiting) get(POLL)
  const idle = await Promise.all(Array.from({ length: 5 }, () => connection(url)))
  for (const { get } of idle) get('/healthz')
  const silent = await connection(url)
  await until(() => idle.every(({ answer }) => answer().endsWith('ok\n')))

  const start = performance.now()
  await close()
  expect(performance.now() - start).toBeLessThan(5000)
  for (const { ended } of waiting) {
    const { status, headers, body } = parseAnswer(await ended())
    expect([status, JSON.parse(body)]).toEqual([200, { messages: [], next: '0' }])
    expect(headers.get('connection')?.trim()).toBe('close')
  }
  await Promise.all([...idle, silent].map(({ ended }) => ended()))
  await expect(fetch(url)).rejects.toThrow()
})

it('closing does not wait for a client that never finishes its request', async () => {
  const { url, close } = await serving()
  const slow = await connection(url)
  slow.socket.write('POST /v1/rooms/lobby/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf')
  await sent(askServer(url), 'lobby', 'x')
  const start = performance.now()
  await close()
  expect(performance.now() - start).toBeLessThan(5000)
  await slow.ended()
})

it('closing twice is closing once', async () => {
  const { close } = await serving()
  await Promise.all([close(), close()])
  await close()
})

it('a keep-alive client is told to let go of its connection', async () => {
  const { url, close } = await serving()
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  const request = get(`${url}${POLL}`, { agent })
  const answered = once(request, 'response')
  await until(async () => (await fetch(`${url}/healthz`)).ok)
  const closed = close()
  const [response] = await answered
  expect(response.headers.connection).toBe('close')
  response.resume()
  await closed
})

it('SIGTERM while polls hang and messages are being sent: exit 0, and all that was acknowledged is stored', async () => {
  const engine = `sqlite:${join(temporaryFolder(), 'chat.db')}`
  const server = await spawnServer(engine)
  const ask = askServer(server.url)
  const acknowledged: string[] = []
  const write = async () => {
    for (;;) acknowledged.push((await sent(ask, 'lobby', 'x')).message.id)
  }
  const writers = Promise.allSettled([write(), write()])
  const poll = ask('/v1/rooms/quiet/messages?after=0&wait=55').then((response) => response.json())
  await until(() => acknowledged.length >= 20)
  expect(await server.terminate()).toBe(0)
  await writers
  expect(await poll).toEqual({ messages: [], next: '0' })
  const { log } = await openForTest(engine)
  const stored: string[] = []
  for (let index = 0, count = 1; count > 0; index += count) {
    const { messages } = await log.read('lobby', { index }, 500)
    stored.push(...messages.map(({ id }) => id))
    count = messages.length
  }
  expect(stored).toEqual(expect.arrayContaining(acknowledged))
  expect(new Set(stored).size).toBe(stored.length)
})

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}
