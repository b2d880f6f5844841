import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { cursorAfter, type Message } from '@poll-chat/protocol'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { shardOf } from '../../src/engines/jetstream/names.ts'
import { openEngine } from '../../src/engines/open.ts'
import type { Engine } from '../../src/log/contract.ts'
import { appendAll, cursor, draft, numbered, textsOf } from '../drafts.ts'
import { startDroppingProxy } from '../dropping-proxy.ts'
import { forTest } from '../engines.ts'
import { type NatsServer, startNats } from '../nats-server.ts'

let nats: NatsServer
let opened = 0

beforeAll(async () => {
  nats = await startNats()
})
afterAll(() => nats.stop())

/** Nodes on the same data. */
async function openNodes(count: number): Promise<Engine[]> {
  const url = `${nats.url}/nodes-${++opened}?shards=2`
  return Promise.all(Array.from({ length: count }, async () => forTest(await openEngine(url))))
}

async function twoNodes(): Promise<[Engine, Engine]> {
  const [a, b] = await openNodes(2)
  if (!a || !b) throw new Error('There are two nodes.')
  return [a, b]
}

describe('two nodes on one cluster', () => {
  it('announce each other, in order and complete, what is sent to a room that both follow', async () => {
    const nodes = await twoNodes()
    const heard: Message[][] = [[], []]
    for (const [place, { log }] of nodes.entries()) {
      await log.read('lobby', { index: 0 }, 1)
      log.watch((messages) => heard[place]?.push(...messages))
    }
    await Promise.all(
      nodes.map(async ({ log }, place) => {
        for (let i = 0; i < 50; i++) await log.append(draft('lobby', `${place}-${i}`))
      }),
    )
    await vi.waitFor(() => expect(heard.map((messages) => messages.length)).toEqual([100, 100]), 20_000)
    expect(heard[0]).toEqual(heard[1])
    expect(heard[0]).toEqual((await nodes[0].log.read('lobby', { index: 0 }, 500)).messages)
  })

  it('honour a cursor that the other has shown, though nothing was announced here yet', async () => {
    const [a, b] = await twoNodes()
    await appendAll(a.log, 'lobby', ['x'])
    await b.log.read('lobby', { index: 0 }, 1)
    for (let i = 0; i < 50; i++) {
      const { message } = await a.log.append(draft('lobby', `${i}`))
      const next = cursorAfter(message)
      expect(await b.log.read('lobby', cursor(next), 10)).toEqual({ messages: [], next })
    }
  })

  it('make one message of an id that is sent to both at once', async () => {
    const nodes = await twoNodes()
    for (let i = 0; i < 50; i++) {
      const sends = nodes.flatMap(({ log }) => [
        log.append(draft('a', 'x', `id-${i}`)),
        log.append(draft('a', 'x', `id-${i}`)),
      ])
      const appended = await Promise.all(sends)
      expect(appended.filter(({ repeated }) => !repeated)).toHaveLength(1)
    }
    expect(textsOf(await nodes[0].log.read('a', { index: 0 }, 500))).toHaveLength(50)
  })

  it('remember for each other what is stored, and only one of two wins', async () => {
    const [a, b] = await twoNodes()
    const revision = await a.store.put('k', 'v')
    expect(await b.store.get('k')).toEqual({ value: 'v', revision })
    const put = await Promise.all([a, b].map(({ store }, place) => store.put('new', `${place}`, { expected: 0 })))
    expect(put.filter((won) => won !== undefined)).toHaveLength(1)
  })

  it('keep the number of shards that the data began with', async () => {
    const name = `shards-${++opened}`
    const first = await forTest(await openEngine(`${nats.url}/${name}?shards=2`))
    await appendAll(first.log, 'lobby', numbered(3))
    const second = await forTest(await openEngine(`${nats.url}/${name}?shards=7`))
    expect(textsOf(await second.log.read('lobby', { index: 0 }, 10))).toEqual(numbered(3))
  })
})

describe('lost wake-ups', () => {
  it('are found by the sweep', async () => {
    const deaf = await startNats(`jetstream { store_dir: STORE }
      authorization { users: [
        { user: "hears", password: "x" }
        { user: "deaf", password: "x", permissions: { subscribe: { deny: "*.live.>" } } }
      ] }`)
    onTestFinished(() => deaf.stop())
    const open = async (user: string) => forTest(await openEngine(`nats://${user}:x@127.0.0.1:${deaf.port}?shards=2`))
    const a = await open('hears')
    const b = await open('deaf')
    await b.log.read('lobby', { index: 0 }, 1)
    const heard: string[] = []
    b.log.watch((messages) => heard.push(...textsOf({ messages })))
    await appendAll(a.log, 'lobby', numbered(3))
    await vi.waitFor(() => expect(heard).toEqual(numbered(3)), 20_000)
    await Promise.all(numbered(30).map((text) => b.log.append(draft('lobby', text))))
    expect(heard).toHaveLength(33)
  })

  it('of some of many rooms, dropped on their way, are found by the sweep too', async () => {
    let count = 0
    const proxy = await startDroppingProxy(nats.port, (subject) => subject.includes('.live.') && count++ % 3 === 0)
    onTestFinished(() => proxy.close())
    const name = `dropped-${++opened}?shards=2`
    const a = await forTest(await openEngine(`${nats.url}/${name}`))
    const b = await forTest(await openEngine(`nats://127.0.0.1:${proxy.port}/${name}`))
    const rooms = numbered(20)
    await Promise.all(rooms.map((room) => b.log.read(room, { index: 0 }, 1)))
    const heard = new Set<string>()
    b.log.watch((messages) => {
      for (const { room, text } of messages) heard.add(`${room} ${text}`)
    })
    await Promise.all(rooms.map((room) => a.log.append(draft(room, 'x'))))
    await vi.waitFor(() => expect(heard).toEqual(new Set(rooms.map((room) => `${room} x`))), 20_000)
    expect(proxy.dropped).toBeGreaterThan(0)
  })
})

describe('a message that was stored twice', () => {
  it('is shown once by every node, whoever reads when, and removed once another follows it', async () => {
    const [a, b] = await twoNodes()
    await Promise.all([a, b].map(({ log }) => log.read('lobby', { index: 0 }, 1)))
    const heard: string[] = []
    b.log.watch((messages) => heard.push(...textsOf({ messages })))
    const ids = numbered(30)
    for (const id of ids) await Promise.all([a, b, a].map(({ log }) => log.append(draft('lobby', id, id))))
    const fresh = await forTest(await openEngine(`${nats.url}/nodes-${opened}`))
    for (const { log } of [a, b, fresh]) {
      expect(textsOf(await log.read('lobby', { index: 0 }, 500))).toEqual(ids)
      expect(textsOf(await log.read('lobby', { index: 0 }, 7))).toEqual(ids.slice(0, 7))
      expect(textsOf(await log.page('lobby', 10))).toEqual(ids.slice(-10))
      expect(await log.head('lobby')).toMatchObject({ index: (await log.page('lobby', 1)).messages[0]?.index })
    }
    await vi.waitFor(() => expect(heard).toEqual(ids), 20_000)
    await a.log.append(draft('lobby', 'last'))
    await vi.waitFor(async () => expect(await stored()).toBe(ids.length + 1), 20_000)

    async function stored(): Promise<number> {
      const connection = await connect({ servers: nats.url })
      const { streams } = await jetstreamManager(connection)
      const { state } = await streams.info(`nodes-${opened}-log-${shardOf('lobby', 2)}`)
      await connection.close()
      return state.messages
    }
  })
})
