/** Deleting one message of a log on NATS: every node knows it, and the text is nowhere any more. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { cursorAfter } from '@poll-chat/protocol'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openEngine } from '../../src/engines/open.ts'
import { readTerms } from '../../src/log/search-words.ts'
import { appendAll, draft, numbered, textsOf } from '../drafts.ts'
import { forTest } from '../engines.ts'
import { type Ask, batch, postJson, problem, sent } from '../http.ts'
import { type NatsServer, startNats } from '../nats-server.ts'
import { serving } from '../sockets/serving.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const SOON = { timeout: 20_000 }
const ADMIN = { Authorization: 'Bearer admin-key' }

async function nats(configuration?: string): Promise<NatsServer> {
  const server = await startNats(configuration)
  onTestFinished(() => server.stop())
  return server
}

const node = (engine: string) => serving({ engine: `${engine}?shards=1`, adminKey: 'admin-key' })

const remove = (ask: Ask, index: number) =>
  ask(`/v1/rooms/lobby/messages/${index}`, { method: 'DELETE', headers: ADMIN })

/** The files below a folder that have a text in them. */
function filesWith(folder: string, text: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.map(({ parentPath, name }) => join(parentPath, name)).filter((path) => readFileSync(path).includes(text))
}

it.each([
  ['in the midst', ['before', 'secret words', 'after']],
  ['that is the newest', ['first', 'before', 'secret words']],
  ['that is the only one', ['secret words']],
])('a message %s goes at every node, whoever deletes it', async (_where, texts) => {
  const { url, folder } = await nats()
  const [a, b] = [await node(url), await node(url)]
  const messages = []
  for (const text of texts) messages.push((await sent(a.ask, 'lobby', text)).message)
  const secret = messages.find(({ text }) => text === 'secret words')
  if (!secret) throw new Error('It was sent.')
  const left = { ...secret, text: '', deleted: true }
  const all = messages.map((message) => (message === secret ? left : message))
  const head = cursorAfter(all.at(-1) ?? left)
  const found = async (ask: Ask) => (await (await ask('/v1/search?q=secret')).json()).messages
  for (const { ask } of [a, b]) {
    await vi.waitFor(async () => expect(await found(ask)).toHaveLength(1), SOON)
    expect((await batch(ask, '/v1/rooms/lobby/messages?after=0')).messages).toEqual(messages)
  }
  const path = `/v1/rooms/lobby/messages?after=${head}&uid=bob&ephemeral=`
  const { presence } = await (await b.ask(`${path}1`)).json()
  const told = b.ask(`${path}${presence.version}&wait=30`)
  expect(filesWith(folder, 'secret words')).not.toEqual([])

  expect(await (await remove(a.ask, secret.index)).json()).toEqual({ message: left })
  expect(await (await told).json()).toMatchObject({ messages: [], presence: { deleted: [secret.index] } })
  const c = await node(url) // which has never seen it
  for (const { ask } of [a, b, c]) {
    expect((await batch(ask, '/v1/rooms/lobby/messages?after=0')).messages).toEqual(all)
    expect((await batch(ask, '/v1/rooms/lobby/messages')).messages).toEqual(all)
    expect(await batch(ask, `/v1/rooms/lobby/messages?after=${cursorAfter(secret)}`)).toMatchObject({ next: head })
    expect(await (await ask('/v1/rooms')).json()).toMatchObject({ rooms: [{ room: 'lobby', newest: head }] })
    const again = await postJson(ask, 'lobby', { id: secret.id, text: 'secret words' })
    expect([again.status, await again.json()]).toMatchObject([200, { message: left }])
    expect(await found(ask)).toEqual([])
    expect(await (await remove(ask, secret.index)).json()).toEqual({ message: left })
  }
  expect(filesWith(folder, 'secret words')).toEqual([])
  const more = await sent(b.ask, 'lobby', 'more')
  for (const { ask } of [a, b, c]) {
    const { messages } = await batch(ask, `/v1/rooms/lobby/messages?after=${head}&wait=20`)
    expect(messages).toEqual([more.message])
    expect((await batch(ask, '/v1/rooms/lobby/messages?after=0')).messages).toEqual([...all, more.message])
  }
})

it('what a server could not finish is shown by none, and finished by the next one that starts', async () => {
  const { port } = await nats(`jetstream { store_dir: STORE }
    authorization { users: [
      { user: "whole", password: "x" }
      { user: "half", password: "x", permissions: { publish: { deny: "$JS.API.STREAM.MSG.DELETE.>" } } }
    ] }`)
  const url = (user: string) => `nats://${user}:x@127.0.0.1:${port}`
  const half = await node(url('half'))
  const { message } = await sent(half.ask, 'lobby', 'secret words')
  await sent(half.ask, 'lobby', 'after')
  const connection = await connect({ servers: `127.0.0.1:${port}`, user: 'whole', pass: 'x' })
  onTestFinished(() => connection.close())
  const { streams } = await jetstreamManager(connection)
  const stored = () => streams.getMessage('poll-chat-log-0', { seq: message.index })

  expect(await problem(remove(half.ask, message.index))).toMatchObject({ status: 503, code: 'log-unavailable' })
  expect((await stored())?.string()).toContain('secret words')
  const left = { ...message, text: '', deleted: true }
  const shown = async (ask: Ask) => (await batch(ask, '/v1/rooms/lobby/messages?after=0')).messages
  expect((await shown(half.ask))[0]).toEqual(left)
  const whole = await node(url('whole'))
  expect((await shown(whole.ask))[0]).toEqual(left)
  await vi.waitFor(async () => expect(await stored()).toBeNull(), SOON)
  expect((await shown(half.ask))[0]).toEqual(left)
})

it('a kept copy for searching loses what was deleted while its node was away', async () => {
  const { url } = await nats()
  const file = join(temporaryFolder(), 'index.db')
  const open = async (search: { file?: string }) => forTest(await openEngine(`${url}?shards=1`, { nats: { search } }))
  const first = await open({ file })
  const [message] = await appendAll(first.log, 'lobby', ['secret words', ...numbered(3)])
  const find = { terms: readTerms('secret'), room: undefined, uid: undefined, before: undefined, limit: 10 }
  await vi.waitFor(async () => expect((await first.search?.find(find))?.messages).toEqual([message]), SOON)
  await first.log.close()
  const other = await open({})
  await other.log.remove('lobby', message?.index ?? 0)
  const second = await open({ file })
  expect((await second.search?.find(find))?.messages).toEqual([])
  await vi.waitFor(() => expect(filesWith(join(file, '..'), 'secret words')).toEqual([]), SOON)
})

it('one that was stored twice is deleted once and for all', async () => {
  const { url, folder } = await nats()
  const [a, b] = [
    await forTest(await openEngine(`${url}?shards=1`)),
    await forTest(await openEngine(`${url}?shards=1`)),
  ]
  const ids = numbered(20)
  for (const id of ids) await Promise.all([a, b, a, b].map(({ log }) => log.append(draft('lobby', `secret ${id}`, id))))
  const { messages } = await a.log.read('lobby', { index: 0 }, 100)
  for (const { index } of messages) await b.log.remove('lobby', index)
  for (const { log } of [a, b]) {
    const read = await log.read('lobby', { index: 0 }, 100)
    expect(textsOf(read)).toEqual(ids.map(() => ''))
    for (const id of ids) expect(await log.append(draft('lobby', 'x', id))).toMatchObject({ repeated: true })
  }
  await vi.waitFor(() => expect(filesWith(folder, 'secret')).toEqual([]), SOON)
})
