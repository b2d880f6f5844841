import { createClient } from '@poll-chat/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NatsCluster } from './fixture/nats-cluster.ts'
import { Reader } from './fixture/reader.ts'
import { ServerProcess } from './fixture/server-process.ts'
import { wholeLog } from './fixture/whole-log.ts'
import { writeWithClient, writeWithScript } from './fixture/writer.ts'

let cluster: NatsCluster
let nodes: ServerProcess[] = []

beforeAll(async () => {
  cluster = await NatsCluster.start()
  const engine = `${cluster.engine}/chat?shards=1`
  nodes = await Promise.all([ServerProcess.start({ engine }), ServerProcess.start({ engine })])
}, 120_000)

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.dispose()))
  await cluster?.dispose()
}, 60_000)

test('two nodes on a cluster lose, double and reorder nothing while its leader and one of them are killed', async () => {
  const [a, b] = nodes
  if (!a || !b) throw new Error('There are two nodes.')
  const readers = [
    new Reader(a.url, 'lobby', 'long polling'),
    new Reader(b.url, 'lobby', 'polling'),
    new Reader(b.url, 'lobby', 'an inbox'),
  ]
  const pace = { pauseMs: 5 }
  const writers = [
    writeWithClient(a.url, 'lobby', 'ada', pace),
    writeWithScript(b.url, 'lobby', 'bob', pace),
    writeWithClient(b.url, 'lobby', 'cyd', pace),
  ]
  const acknowledged = () => writers.map((writer) => writer.acknowledged.length)
  const goesOn = async () => {
    const before = acknowledged()
    await expect
      .poll(() => acknowledged().every((count, place) => count > (before[place] ?? 0) + 5), { timeout: 60_000 })
      .toBe(true)
  }
  await goesOn()
  const { leader } = await cluster.leaderOf('chat-log-0')
  await leader.kill()
  await goesOn()
  leader.start()
  await a.kill()
  await a.start()
  await goesOn()
  await Promise.all(writers.map((writer) => writer.stop()))

  const log = await wholeLog(createClient({ url: a.url }), 'lobby')
  const texts = log.map(({ text }) => text)
  expect(new Set(texts).size).toBe(texts.length)
  const stored = new Map(log.map((message) => [message.id, message]))
  for (const message of writers.flatMap((writer) => writer.acknowledged))
    expect(stored.get(message.id)).toEqual(message)
  for (const reader of readers) {
    await reader.untilSeen(log.length)
    expect(reader.messages).toEqual(log)
    expect(reader.resets).toEqual([])
    await reader.close()
  }
}, 180_000)
