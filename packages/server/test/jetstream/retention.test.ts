/** What a log on NATS keeps: what is different there from other engines. */
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { cursorAfter, type Message } from '@poll-chat/protocol'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { Retention } from '../../src/log/contract.ts'
import { type Ask, batch, post, postJson, problem, sent } from '../http.ts'
import { startNats } from '../nats-server.ts'
import { serving } from '../sockets/serving.ts'

const SOON = { timeout: 30_000 }

vi.setConfig({ testTimeout: 60_000 })

async function cluster() {
  const nats = await startNats()
  onTestFinished(() => nats.stop())
  const connection = await connect({ servers: `127.0.0.1:${nats.port}` })
  onTestFinished(() => connection.close())
  const { streams } = await jetstreamManager(connection)
  return {
    node: (retention?: Retention) =>
      serving({ engine: `${nats.url}?shards=1`, adminKey: 'admin-key', ...(retention && { retention }) }),
    stored: async (stream: string) => (await streams.info(`poll-chat-${stream}`)).state.messages,
    remembersForMs: async () => (await streams.info('poll-chat-trimmed')).config.max_age / 1_000_000,
  }
}

async function sendAll(ask: Ask, room: string, count: number): Promise<Message[]> {
  const messages: Message[] = []
  for (let i = 0; i < count; i++) messages.push((await sent(ask, room, `t${i}`)).message)
  return messages
}

const shown = async (ask: Ask, room = 'lobby') =>
  (await (await ask(`/v1/rooms/${room}/messages?after=0`)).json()).messages
const untilShown = (ask: Ask, messages: Message[], room?: string) =>
  vi.waitFor(async () => expect(await shown(ask, room)).toEqual(messages), SOON)

it('of nodes with other rules the strictest holds at all of them, and a reader of any is told where to go on', async () => {
  const { node } = await cluster()
  const [all, ten] = [await node(), await node({ count: 10 })]
  for (const { ask } of [all, ten]) await shown(ask)
  const found = async (ask: Ask) => (await (await ask('/v1/search?q=t')).json()).messages.length
  const lobby = await sendAll(ten.ask, 'lobby', 12)
  await untilShown(all.ask, lobby.slice(2))
  const three = await node({ count: 3 })
  lobby.push((await sent(three.ask, 'lobby', 'more')).message)
  const [floor, ...kept] = lobby.slice(-4)
  const oldest = floor && cursorAfter(floor)
  for (const { ask } of [all, ten, three]) {
    await untilShown(ask, kept)
    const refused = await problem(ask('/v1/rooms/lobby/messages?after=1'))
    expect(refused).toMatchObject({ status: 410, reason: 'trimmed', oldest })
    expect((await batch(ask, `/v1/rooms/lobby/messages?after=${oldest}`)).messages).toEqual(kept)
    await vi.waitFor(async () => expect(await found(ask)).toBe(2), SOON)
  }
})

it('what is not kept is in no stream, but for the ids, for an hour; a room that is empty knows its end', async () => {
  const { node, stored, remembersForMs } = await cluster()
  const { ask } = await node({ ageMs: 2_000 })
  const lobby = await sendAll(ask, 'lobby', 20)
  const headers = { Authorization: 'Bearer admin-key' }
  const [, second, ...others] = lobby
  const last = others.at(-1)
  if (!second || !last) throw new Error('They were sent.')
  for (const { index } of [second, last])
    expect((await ask(`/v1/rooms/lobby/messages/${index}`, { method: 'DELETE', headers })).status).toBe(200)
  expect(await shown(ask)).toHaveLength(20)
  await untilShown(ask, [])
  // How far the records go, and the floor, are what stays; and what stands behind a last message that was deleted.
  await vi.waitFor(async () => {
    expect([await stored('log-0'), await stored('ids-0'), await stored('trimmed')]).toEqual([0, 1, 20])
  }, SOON)
  expect(await remembersForMs()).toBe(3_600_000)
  for (const { id } of [second, last]) {
    const again = await postJson(ask, 'lobby', { id, text: 'again' })
    expect([again.status, (await again.json()).message]).toMatchObject([200, { id, text: '', deleted: true }])
  }
  const other = await node()
  expect(await batchOf(other.ask)).toEqual({ messages: [], next: cursorAfter(last), trimmed: true })
  expect(await (await other.ask('/v1/rooms')).json()).toEqual({ rooms: [] })
  const { message } = await sent(other.ask, 'lobby', 'new')
  expect(message.index).toBeGreaterThan(last.index)
  expect((await batch(other.ask, `/v1/rooms/lobby/messages?after=${cursorAfter(last)}`)).messages).toEqual([message])
})

it('another rule than before is taken at once, also in rooms where nobody writes any more', async () => {
  const { node } = await cluster()
  const first = await node({ count: 10 })
  const quiet = await sendAll(first.ask, 'quiet', 8)
  expect(await shown(first.ask, 'quiet')).toEqual(quiet)
  await first.close()
  const second = await node({ count: 5 })
  await untilShown(second.ask, quiet.slice(3), 'quiet')
  await second.close()
  const third = await node({ count: 10 })
  const more = await sendAll(third.ask, 'quiet', 4)
  await untilShown(third.ask, [...quiet.slice(3), ...more], 'quiet')
  expect((await post(third.ask, 'quiet', 'x')).ok).toBe(true)
})

async function batchOf(ask: Ask) {
  return (await ask('/v1/rooms/lobby/messages?after=0')).json()
}
