import { presenceSchema } from '@poll-chat/protocol/schemas'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { startServer } from '../../src/server.ts'
import { type NatsServer, startNats } from '../nats-server.ts'

let nats: NatsServer

beforeAll(async () => {
  nats = await startNats()
})
afterAll(() => nats.stop())

async function node() {
  const engine = `${nats.url}/presence?shards=1`
  const server = await startServer({ host: '127.0.0.1', port: 0, engine, logLevel: 'silent' })
  onTestFinished(() => server.close())
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${server.url}/v1/rooms/lobby/${path}`, init)
    expect(response.status).toBe(200)
    return response.json()
  }
  return {
    come: (uid: string) => ask(`messages?after=0&uid=${uid}`),
    type: (uid: string) => ask('typing', { method: 'POST', body: JSON.stringify({ uid }), headers: JSON_BODY }),
    async who() {
      const { here = [], typing } = presenceSchema.parse(await ask('presence'))
      return { here: here.map(({ uid }) => uid).sort(), typing }
    },
  }
}

const JSON_BODY = { 'Content-Type': 'application/json' }
const SOON = { timeout: 20_000 }

it('every server knows who is at the others, and who types there', async () => {
  const [a, b] = [await node(), await node()]
  await a.come('ann')
  await b.come('bob')
  await a.type('ann')
  const all = { here: ['ann', 'bob'], typing: ['ann'] }
  await vi.waitFor(async () => expect(await b.who()).toEqual(all), SOON)
  expect(await a.who()).toEqual(all)

  const late = await node()
  await vi.waitFor(async () => expect(await late.who()).toEqual(all), SOON)
})
