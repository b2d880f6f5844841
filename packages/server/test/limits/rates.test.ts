import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ServerConfig } from '../../src/config.ts'
import type { LimitFigures } from '../../src/limits/limits.ts'
import { problem } from '../http.ts'
import { answersIn, get, until, wholeAnswers } from '../lane/lane-server.ts'
import { connection, serving } from '../sockets/serving.ts'

/** Asks as somebody behind a proxy. */
async function behindProxy(limits?: LimitFigures, more: Partial<ServerConfig> = {}) {
  const server = await serving({ ...(limits && { limits }), trustProxy: ['127.0.0.1'], ...more })
  const as =
    (address: string) =>
    (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
      server.ask(path, { ...init, headers: { 'X-Forwarded-For': address, ...init.headers } })
  return { ...server, as }
}

const send = (text: string) => ({ method: 'POST', body: text })

describe.each([{ lane: true }, { lane: false }])('lane: $lane', ({ lane }) => {
  it('sends: per uid, per address, in all', async () => {
    const limits = {
      'sends-per-uid': { count: 2, seconds: 600 },
      'sends-per-address': { count: 3, seconds: 600 },
      sends: { count: 5, seconds: 600 },
    }
    const { as } = await behindProxy(limits, { lane })
    const one = as('198.51.100.1')
    const other = as('198.51.100.2')
    const post = async (ask: typeof one, uid: string) =>
      (await ask(`/v1/rooms/lobby/messages?uid=${uid}`, send('hi'))).status
    expect([await post(one, 'a'), await post(one, 'a'), await post(one, 'a'), await post(one, 'b')]).toEqual([
      201, 201, 429, 429,
    ])
    // The same uid from elsewhere is not silenced by a stranger who used it.
    expect([await post(other, 'a'), await post(other, 'a'), await post(other, 'b')]).toEqual([201, 201, 201])
    expect(await post(as('198.51.100.3'), 'c')).toBe(429)
  })

  it('says how long to wait, in a header and in the document', async () => {
    const { as } = await behindProxy({ 'sends-per-uid': { count: 1, seconds: 600 } }, { lane })
    const ask = as('198.51.100.1')
    for (const path of ['/send/msg?text=a', '/send/message?text=b']) {
      const answer = await ask(path)
      if (answer.status === 200) continue
      const { code, retry_after_ms: ms = 0, detail } = await problem(answer.clone())
      expect(code).toBe('too-many-requests')
      expect(detail).toMatch(/^Too many messages from this uid; wait \d+ s\.$/)
      expect(ms).toBeGreaterThan(500_000)
      expect(answer.headers.get('Retry-After')).toBe(`${Math.ceil(ms / 1000)}`)
      return
    }
    throw new Error('Nothing was refused.')
  })

  it('new rooms: an address that has opened enough can still send to those that are there', async () => {
    const { as } = await behindProxy({ 'rooms-per-address': { count: 2, seconds: 600 } }, { lane })
    const post = async (address: string, room: string) =>
      (await as(address)(`/v1/rooms/${room}/messages`, send('hi'))).status
    const rooms = ['one', 'one', 'two', 'three', 'one', 'two']
    const statuses: number[] = []
    for (const room of rooms) statuses.push(await post('198.51.100.1', room))
    expect(statuses).toEqual([201, 201, 201, 429, 201, 201])
    expect(await post('198.51.100.2', 'three')).toBe(201)
    expect(await post('198.51.100.1', 'three')).toBe(201)
  })

  it('new uids: an inbox that is there stays open to its owner', async () => {
    const { as } = await behindProxy({ 'uids-per-address': { count: 2, seconds: 600 } }, { lane })
    const open = async (address: string, uid: string, path = '/v1/rooms/lobby/inbox?uid=') =>
      (await as(address)(`${path}${uid}`)).status
    expect([await open('198.51.100.1', 'a'), await open('198.51.100.1', 'b', '/lang/?uid=')]).toEqual([200, 200])
    expect([await open('198.51.100.1', 'c'), await open('198.51.100.1', 'c', '/get/message?ack=0&uid=')]).toEqual([
      429, 429,
    ])
    expect([await open('198.51.100.1', 'a'), await open('198.51.100.2', 'c')]).toEqual([200, 200])
  })

  it('wrong keys: who has guessed too often is kept out even with the right one; others are not', async () => {
    const { as, url } = await behindProxy(
      { 'wrong-keys-per-address': { count: 3, seconds: 600 } },
      { lane, key: 'secret' },
    )
    const poll = '/v1/rooms/lobby/messages?after=0'
    const asked = async (address: string, key?: string) =>
      (await as(address)(poll, { headers: key === undefined ? {} : { Authorization: `Bearer ${key}` } })).status
    const { socket, answer } = await connection(url)
    const right = get(poll, 'Authorization: Bearer secret', 'X-Forwarded-For: 198.51.100.1')
    socket.write(right)
    await until(() => wholeAnswers(answer()).length === 1)
    for (let i = 0; i < 5; i++) expect(await asked('198.51.100.1')).toBe(401) // none is no guess
    for (let i = 0; i < 4; i++) expect(await asked('198.51.100.1', `guess${i}`)).toBe(401)
    expect(await asked('198.51.100.1', 'secret')).toBe(429)
    expect(await asked('198.51.100.2', 'secret')).toBe(200)
    expect((await as('198.51.100.1')('/healthz')).status).toBe(200)
    socket.write(right) // on a connection that was let in before
    await until(() => wholeAnswers(answer()).length === 2)
    expect(answersIn(answer()).map(({ status }) => status)).toEqual([200, 429])
  })

  it('waiters: one too many is answered at once, and told when to come again', async () => {
    const { as, ask } = await behindProxy({ 'waiters-per-address': 1 }, { lane })
    const first = as('198.51.100.1')('/v1/rooms/lobby/messages?after=0&wait=55')
    await until(async () => {
      const answer = await (await as('198.51.100.1')('/v1/rooms/lobby/messages?after=0&wait=0.5')).json()
      return answer.retry_after_ms !== undefined
    })
    const batch = await (await as('198.51.100.1')('/v1/rooms/lobby/messages?after=0&wait=55')).json()
    expect(batch).toEqual({ messages: [], next: '0', retry_after_ms: expect.any(Number) })
    const classic = await (await as('198.51.100.1')('/get/message?uid=a&ack=0')).json()
    expect(classic).toEqual({ status: false, data: null, retry_after_ms: expect.any(Number) })
    // Others wait, and the one that has its place keeps it.
    const other = as('198.51.100.2')('/v1/rooms/lobby/messages?after=0&wait=55')
    await ask('/v1/rooms/lobby/messages', send('hello'))
    for (const answer of [await first, await other]) expect((await answer.json()).messages).toHaveLength(1)
  })
})

it('claims that are made without an inbox count too, and so do guesses at them, by the address', async () => {
  const limits = {
    'uids-per-address': { count: 2, seconds: 600 },
    'wrong-keys-per-address': { count: 3, seconds: 600 },
  }
  const { as } = await behindProxy(limits)
  const claim = async (address: string, uid: string, secret: string) =>
    (
      await as(address)(`/v1/uids/${uid}/claim`, {
        method: 'PUT',
        headers: { 'Poll-Chat-Claim': secret.padEnd(43, 'x') },
      })
    ).status
  const [one, other] = ['198.51.100.1', '198.51.100.2'] as const
  expect([await claim(one, 'a', 'mine'), await claim(one, 'b', 'mine'), await claim(one, 'c', 'mine')]).toEqual([
    200, 200, 429,
  ])
  for (let i = 0; i < 4; i++) expect(await claim(other, 'a', `guess${i}`)).toBe(403)
  expect([await claim(other, 'a', 'mine'), await claim(one, 'a', 'mine')]).toEqual([429, 200])
})

it.each([{ open: true }, { open: false }])(
  'guesses at the admin key count where no key is asked for: %o',
  async (how) => {
    const limits = { 'wrong-keys-per-address': { count: 3, seconds: 600 } }
    const { as } = await behindProxy(limits, { ...how, adminKey: 'admin-key' })
    const free = async (address: string, key: string) =>
      (await as(address)('/v1/uids/a/claim', { method: 'DELETE', headers: { Authorization: `Bearer ${key}` } })).status
    for (let i = 0; i < 4; i++) expect(await free('198.51.100.1', `guess${i}`)).toBe(403)
    expect([await free('198.51.100.1', 'admin-key'), await free('198.51.100.2', 'admin-key')]).toEqual([429, 200])
  },
)

it('this machine itself has no rates unless they are given', async () => {
  const { ask } = await serving()
  const answers = await Promise.all(
    Array.from({ length: 1200 }, (_, i) => ask(`/v1/rooms/room-${i}/messages?uid=one`, send(`${i}`))),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
})

it('a rate that was given holds for this machine too, and "off" for nobody', async () => {
  const one = { 'sends-per-address': { count: 1, seconds: 600 } }
  const given = await serving({ limits: one })
  expect((await given.ask('/send/msg?text=a')).status).toBe(200)
  expect((await given.ask('/send/msg?text=b')).status).toBe(429)
  const off = await behindProxy('off')
  const ask = off.as('198.51.100.1')
  const answers = await Promise.all(Array.from({ length: 400 }, () => ask('/send/msg?text=a&uid=a')))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
})

it('when the time is over, it is as if nothing had been', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: Date.now() })
  onTestFinished(() => void vi.useRealTimers())
  const { Limits } = await import('../../src/limits/limits.ts')
  const limits = new Limits({ figures: { 'uids-per-address': { count: 1, seconds: 60 } } })
  await limits.admitUid('198.51.100.1')
  await expect(limits.admitUid('198.51.100.1')).rejects.toMatchObject({
    code: 'too-many-requests',
    retryAfterMs: 60_000,
  })
  vi.advanceTimersByTime(60_001)
  await limits.admitUid('198.51.100.1')
})
