/** Whatever is cut on the way: every reader is shown everything once and in order, and no send is doubled. */
import { createClient } from '@poll-chat/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CUTS, CuttingProxy, type Fate } from './fixture/cutting-proxy.ts'
import { seeded } from './fixture/random.ts'
import { Reader, STREAMS, WAYS } from './fixture/reader.ts'
import { ServerProcess } from './fixture/server-process.ts'
import { wholeLog } from './fixture/whole-log.ts'
import { writeWithClient, writeWithScript } from './fixture/writer.ts'

let server: ServerProcess
const proxies: CuttingProxy[] = []

beforeEach(async () => {
  server = await ServerProcess.start()
})

afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()))
  await server.dispose()
})

async function startProxy(seed: number, decide: (requestLine: string) => Fate): Promise<CuttingProxy> {
  const proxy = await CuttingProxy.start(server.port, seeded(seed), decide)
  proxies.push(proxy)
  return proxy
}

/** Cuts a share of all requests, evenly in every way. */
async function cuttingProxy(seed: number, share: number): Promise<CuttingProxy> {
  const random = seeded(seed * 7919)
  return startProxy(seed, () => (random.next() < share ? random.pick(CUTS) : 'passes'))
}

test('half of all connections of readers and writers are cut, in every way', { timeout: 120_000 }, async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.02) // back at once: this is about many cuts, not about their pace
  const room = 'lobby'
  // A stream that passes never comes back to be cut, so all of them are.
  const ways = await Promise.all(
    WAYS.map(async (way, i) => ({ way, proxy: await cuttingProxy(i + 1, STREAMS.includes(way) ? 1 : 0.5) })),
  )
  const readers = ways.map(({ way, proxy }) => new Reader(proxy.url, room, way))
  const proxy = await cuttingProxy(11, 0.5)
  const writers = [
    writeWithClient(proxy.url, room, 'ada'),
    writeWithClient(proxy.url, room, 'bob'),
    writeWithScript(proxy.url, room, 'cyd'),
    writeWithScript(proxy.url, room, 'dee'),
  ]
  const client = createClient({ url: server.url })
  const isEnough = ({ counts }: CuttingProxy) => CUTS.every((cut) => (counts.get(cut) ?? 0) >= 10)
  await vi.waitUntil(() => [...proxies].every(isEnough), { timeout: 90_000, interval: 50 })
  await Promise.all(writers.map((writer) => writer.stop()))

  const log = await wholeLog(client, room)
  expect(log).toEqual(writers.flatMap(({ acknowledged }) => acknowledged).sort((a, b) => a.index - b.index))
  for (const { acknowledged } of writers) {
    const uid = acknowledged[0]?.from.uid
    expect(log.filter(({ from }) => from.uid === uid).map(({ text }) => text)).toEqual(
      acknowledged.map((_, i) => `${uid} ${i + 1}`),
    )
  }
  expect(writers.reduce((sum, { replayed }) => sum + replayed, 0)).toBeGreaterThan(10)

  for (const reader of readers) {
    await reader.untilSeen(log.length)
    await reader.close()
    expect(reader.messages, reader.way).toEqual(log)
    expect(reader.resets, reader.way).toEqual([])
  }
})

test('a connection on which nothing comes any more is given up', { timeout: 60_000 }, async () => {
  const room = 'lobby'
  const ada = createClient({ url: server.url, uid: 'ada' })
  const first = await ada.send('1', { room })
  const readers = await Promise.all(
    WAYS.map(async (way, i) => {
      // Two requests pass, so that the third one of the long ways is a long poll; the messages come while it hangs.
      const fatal = STREAMS.includes(way) ? 1 : 3
      let asked = 0
      const proxy = await startProxy(i, () => (++asked === fatal ? 'hangs for ever' : 'passes'))
      return { proxy, reader: new Reader(proxy.url, room, way, { waitSeconds: 1 }) }
    }),
  )
  let sends = 0
  const proxy = await startProxy(9, () => (++sends === 1 ? 'hangs for ever' : 'passes'))
  await vi.waitUntil(() => readers.every(({ proxy: { counts } }) => counts.has('hangs for ever')), { timeout: 10_000 })
  const second = await createClient({ url: proxy.url, uid: 'bob' }).send('2', { room })
  const third = await ada.send('3', { room })
  const log = [first, second, third].map(({ message }) => message)
  expect(await wholeLog(ada, room)).toEqual(log)
  for (const { reader } of readers) {
    await reader.untilSeen(log.length)
    await reader.close()
    expect(reader.messages, reader.way).toEqual(log)
    expect(reader.lost, reader.way).toBeGreaterThan(0)
  }
})
