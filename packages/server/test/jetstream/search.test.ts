import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { openEngine } from '../../src/engines/open.ts'
import { readTerms } from '../../src/log/search-words.ts'
import { draft } from '../drafts.ts'
import { forTest } from '../engines.ts'
import { type NatsServer, startNats } from '../nats-server.ts'

let nats: NatsServer
const folder = mkdtempSync(join(tmpdir(), 'poll-chat-search-test-'))

beforeAll(async () => {
  nats = await startNats()
})
afterAll(async () => {
  await nats.stop()
  rmSync(folder, { recursive: true, force: true })
})

const SOON = { timeout: 30_000 }

async function node(name: string, file?: string) {
  const engine = await forTest(
    await openEngine(`${nats.url}/${name}?shards=2`, { nats: { search: file ? { file } : {} } }),
  )
  const find = async (query: string, room?: string) =>
    engine.search?.find({ terms: readTerms(query), room, uid: undefined, before: undefined, limit: 10 })
  const texts = async (query: string, room?: string) => (await find(query, room))?.messages.map(({ text }) => text)
  return { ...engine, find, texts }
}

it('every node finds what any of them stored, once, by its place in the log, and says when nothing is missing', async () => {
  const [a, b] = [await node('found'), await node('found')]
  const { message } = await a.log.append(draft('tea', 'green tea for everybody'))
  await Promise.all([a, b].map(({ log }) => log.append(draft('tea', 'black tea', 'twice'))))
  await b.log.append(draft('ops', 'a kettle fell on 天气'))
  await vi.waitFor(async () => {
    expect(await a.texts('tea', 'tea')).toEqual(['black tea', 'green tea for everybody'])
    expect(await b.texts('kett')).toEqual(['a kettle fell on 天气'])
    expect(await b.texts('天气')).toEqual(['a kettle fell on 天气'])
    expect(await b.find('everybody')).toEqual({ messages: [message] })
  }, SOON)
  expect(await a.texts('tea', 'ops')).toEqual([])
})

it('a copy is gone on from where it is kept, and made anew when it is of another log', async () => {
  const file = join(folder, 'index.db')
  const first = await node('kept', file)
  await first.log.append(draft('lobby', 'one'))
  await vi.waitFor(async () => expect(await first.texts('one')).toEqual(['one']), SOON)
  await first.log.append(draft('lobby', 'two'))
  await first.log.close()

  const second = await node('kept', file)
  expect(await second.texts('one')).toEqual(['one'])
  await vi.waitFor(async () => expect(await second.texts('two')).toEqual(['two']), SOON)
  await second.log.close()

  const other = await node('another', file)
  await other.log.append(draft('lobby', 'three'))
  await vi.waitFor(async () => expect(await other.texts('three')).toEqual(['three']), SOON)
  expect(await other.texts('one')).toEqual([])
  onTestFinished(() => other.log.close())
})
