/** Event streams through real sockets: who goes away, who does not read, and the end of the server. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { draft } from '../drafts.ts'
import { connection, serving } from '../sockets/serving.ts'
import { eventReader } from './event-reader.ts'
import { servedApp, until } from './served-app.ts'

const PATH = '/v1/rooms/lobby/events'

it('a reader that goes away is forgotten at once', async () => {
  const { url, hub } = await servedApp()
  const clients = await Promise.all(Array.from({ length: 30 }, () => connection(url)))
  for (const { get } of clients) get(PATH)
  await until(() => hub.waiting === 30)
  for (const [i, { socket }] of clients.entries()) {
    if (i % 2) socket.resetAndDestroy()
    else socket.destroy()
  }
  await until(() => hub.waiting === 0)
})

it('a reader that takes nothing costs one batch, however much comes, and is cut off after 30 s', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { url, hub, log } = await servedApp()
  const socket = await lazyReader(url)
  await until(() => hub.waiting === 1)
  const read = vi.spyOn(log, 'read')
  const appendSome = async () => {
    for (let i = 0; i < 100; i++) {
      await log.append(draft('lobby', 'x'.repeat(16_000)))
      await new Promise(setImmediate)
    }
  }
  let reads = -1
  while (read.mock.calls.length > reads) {
    reads = read.mock.calls.length
    await appendSome()
  }
  expect(hub.waiting).toBe(0)
  await vi.advanceTimersByTimeAsync(31_000)
  socket.resume()
  await once(socket, 'close')
})

it('closing the server ends its streams in order: each is told, and none is cut', async () => {
  const { url, close } = await serving()
  const streams = await Promise.all(Array.from({ length: 30 }, async () => eventReader(await fetch(url + PATH))))
  for (const { next } of streams) await next()
  const start = performance.now()
  await close()
  expect(performance.now() - start).toBeLessThan(5_000)
  for (const { next } of streams) {
    expect(await next()).toEqual({ event: 'end', id: undefined, data: { reason: 'drain' } })
    expect(await next()).toBeUndefined()
  }
})

async function lazyReader(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  socket.write(`GET ${PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  return socket
}
