import { afterAll, beforeAll } from 'vitest'
import { openJetStream } from '../../src/engines/jetstream/open.ts'
import { forTest, openForTest } from '../engines.ts'
import { type NatsServer, startNats } from '../nats-server.ts'
import { engineConformance } from './engine.ts'

let nats: NatsServer
let opened = 0

beforeAll(async () => {
  nats = await startNats()
})
afterAll(() => nats.stop())

/** Data of its own for every test. */
const newUrl = () => `${nats.url}/test-${++opened}?shards=2`

engineConformance('jetstream', async () => forTest(await openJetStream(newUrl())))
engineConformance('jetstream behind the tail', () => openForTest(newUrl()))
