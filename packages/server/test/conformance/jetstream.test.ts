import { afterAll, beforeAll, describe } from 'vitest'
import { openJetStream } from '../../src/engines/jetstream/open.ts'
import { openEngine } from '../../src/engines/open.ts'
import type { Retention } from '../../src/log/contract.ts'
import { forTest } from '../engines.ts'
import { type NatsServer, startNats } from '../nats-server.ts'
import { engineConformance } from './engine.ts'
import { removalConformance } from './removal.ts'
import { retentionConformance } from './retention.ts'

let nats: NatsServer
let opened = 0

beforeAll(async () => {
  nats = await startNats()
})
afterAll(() => nats.stop(), 60_000) // the streams of all tests are many files

/** Data of its own for every test. */
const newUrl = () => `${nats.url}/test-${++opened}?shards=2`

const engines = [
  ['jetstream', (url: string, retention?: Retention) => openJetStream(url, undefined, { retention })],
  ['jetstream behind the tail', (url: string, retention?: Retention) => openEngine(url, { retention })],
] as const

for (const [name, open] of engines) {
  const openNew = async (retention?: Retention, url = newUrl()) => forTest(await open(url, retention))
  engineConformance(name, () => openNew())
  describe(`${name}: deleting`, () => removalConformance(() => openNew()))
  describe(`${name}: retention`, () => retentionConformance(openNew, newUrl))
}
