import { describe, expect, it } from 'vitest'
import { Rooms } from '../../src/access/rooms.ts'
import { Limits } from '../../src/limits/limits.ts'
import { roomInLog } from '../../src/log/room-names.ts'
import { refusal } from '../http.ts'
import { serving } from '../sockets/serving.ts'

const KEY = 'correct-horse'

describe.each([{ lane: true }, { lane: false }])('lane: $lane', ({ lane }) => {
  async function behindProxy(count: number) {
    const limits = { 'wrong-keys-per-address': { count, seconds: 600 } }
    const { ask } = await serving({ lane, limits, trustProxy: ['127.0.0.1'] })
    const as =
      (address: string, key?: string) =>
      (path: string, init: RequestInit = {}) =>
        ask(path, { ...init, headers: { 'X-Forwarded-For': address, ...(key && { 'Poll-Chat-Room-Key': key }) } })
    await as('198.51.100.9', KEY)('/v1/rooms/lobby/messages', { method: 'POST', body: 'secret' })
    return { as }
  }
  const poll = '/v1/rooms/lobby/messages?after=0'

  it('keys that open nothing count as wrong ones, each once; then the right one opens nothing either', async () => {
    const { as } = await behindProxy(3)
    const guess = async (key: string) => (await as('198.51.100.1', key)(poll)).status
    for (const key of ['guess-01', 'guess-01', 'guess-01', 'guess-02', 'guess-03']) expect(await guess(key)).toBe(200)
    expect(await refusal(as('198.51.100.1', 'guess-04')(poll))).toBe('429 too-many-requests')
    expect(await guess(KEY)).toBe(429)
    // Nobody else is kept out.
    expect((await as('198.51.100.2', KEY)(poll)).status).toBe(200)
  })

  it('rooms that are there count as nothing, however many', async () => {
    const { as } = await behindProxy(3)
    for (const key of ['own-room-1', 'own-room-2', 'own-room-3', 'own-room-4', 'own-room-5'])
      await as(`203.0.113.${key.at(-1)}`, key)('/v1/rooms/lobby/messages', { method: 'POST', body: 'mine' })
    for (const key of ['own-room-1', 'own-room-2', 'own-room-3', 'own-room-4', 'own-room-5'])
      expect((await as('198.51.100.1', key)(poll)).status).toBe(200)
  })

  it('who waits in an empty room of their own is counted once, whichever way they come', async () => {
    const { as } = await behindProxy(1)
    const mine = as('198.51.100.1', 'my-own-room')
    for (const path of ['messages?after=0', 'inbox?uid=a&ack=0', 'messages', 'presence', 'messages?after=0&wait=0.01'])
      expect((await mine(`/v1/rooms/lobby/${path}`)).status, path).toBe(200)
    expect((await mine('/v1/sync?after=lobby!1@0')).status).toBe(200)
  })
})

it('many keys at once find no more than one after the other', async () => {
  const right = roomInLog('lobby', KEY)
  const head = async (room: string) => {
    await new Promise(setImmediate)
    return { index: room === right ? 1 : 0 }
  }
  const rooms = new Rooms({ head }, new Limits({ figures: { 'wrong-keys-per-address': { count: 2, seconds: 600 } } }))
  const guesses = ['guess-01', 'guess-02', 'guess-03', 'guess-04', KEY].map((key) => roomInLog('lobby', key))
  const entered = await Promise.allSettled(guesses.map(async (room) => rooms.enter(room, '198.51.100.1')))
  expect(entered.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected'])
})
