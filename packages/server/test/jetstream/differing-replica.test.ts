/** A replica that has another message at a place than the leader, as those of NATS 2.9 may after a partition. */
import { connect, createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { openEngine } from '../../src/engines/open.ts'
import { draft, textsOf } from '../drafts.ts'
import { forTest } from '../engines.ts'
import { freePort, startNats } from '../nats-server.ts'

/** Between a node and NATS: what is read of any replica has another id. What a leader answers is encoded, and passes. */
async function differing(target: number, id: string, other: string): Promise<number> {
  const port = await freePort()
  const server = createServer((client) => {
    const onward = connect(target, '127.0.0.1')
    onward.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('error', () => onward.destroy()).on('close', () => onward.destroy())
    client.pipe(onward)
    onward.on('data', (chunk) => client.write(Buffer.from(chunk.toString('latin1').replaceAll(id, other), 'latin1')))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return port
}

it('an id that a replica does not have where it was stored is looked up at the leader, and stays one message', async () => {
  const nats = await startNats()
  onTestFinished(() => nats.stop())
  const port = await differing(nats.port, '"id":"sent-1"', '"id":"else-1"')
  const a = await forTest(await openEngine(`${nats.url}?shards=1`))
  const b = await forTest(await openEngine(`nats://127.0.0.1:${port}?shards=1`))
  const { message } = await a.log.append(draft('lobby', 'once', 'sent-1'))
  expect(textsOf(await b.log.read('lobby', { index: 0 }, 10))).toEqual(['once'])
  expect(await b.log.append(draft('lobby', 'once', 'sent-1'))).toEqual({ message, repeated: true })
  expect(textsOf(await a.log.read('lobby', { index: 0 }, 10))).toEqual(['once'])
})
