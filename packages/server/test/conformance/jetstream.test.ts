import { afterAll, beforeAll, describe } from 'vitest'
import { openJetStream } from '../../src/engines/jetstream/open.ts'
import { forTest, openForTest } from '../engines.ts'
import { type NatsServer, startNats } from '../nats-server.ts'
import { engineConformance } from './engine.ts'
import { removalConformance } from './removal.ts'

let nats: NatsServer
let opened = 0

beforeAll(async () => {
  nats = await startNats()
})
afterAll(() => nats.stop())

/** Data of its own for every test. */
const newUrl = () => `${nats.url}/test-${++opened}?shards=2`

const engines = [
  ['jetstream', async () => forTest(await openJetStream(newUrl()))],
  ['jetstream behind the tail', () => openForTest(newUrl())],
] as const

for (const [name, open] of engines) {
  engineConformance(name, open)
  describe(`${name}: deleting`, () => removalConformance(open))
}
