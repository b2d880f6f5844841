import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'
import { type Ask, refusal } from '../http.ts'
import { serving } from '../sockets/serving.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const ADMIN = { Authorization: 'Bearer admin-key' }
const KEY = { Authorization: 'Bearer secret' }
const ALICE = { 'Poll-Chat-Claim': 'a'.repeat(43) }
const BOB = { 'Poll-Chat-Claim': 'b'.repeat(43) }
const LOCKED = { type: 'key', key: 'secret', adminKey: 'admin-key' } as const
const OPEN = { type: 'loopback', adminKey: 'admin-key' } as const

const ROUTES = [
  ['DELETE', '/v1/uids/alice/claim'],
  ['PUT', '/v1/uids/alice/ban'],
  ['DELETE', '/v1/uids/alice/ban'],
] as const

const say = (ask: Ask, headers: Record<string, string>) =>
  ask('/v1/rooms/lobby/messages?uid=alice', { method: 'POST', body: 'hi', headers })
const read = (ask: Ask, headers: Record<string, string>) => ask('/v1/rooms/lobby/inbox?uid=alice', { headers })

async function done(ask: Ask, method: string, path: string): Promise<unknown> {
  const response = await ask(path, { method, headers: ADMIN })
  return [response.status, await response.json()]
}

describe.each(ROUTES)('%s %s', (method, path) => {
  it('is for the admin key alone', async () => {
    const locked = chatApp({ access: LOCKED })
    expect(await refusal(locked.ask(path, { method }))).toBe('401 key-required')
    expect(await refusal(locked.ask(path, { method, headers: KEY }))).toBe('403 admin-only')
    const open = chatApp({ access: OPEN })
    expect(await refusal(open.ask(path, { method }))).toBe('403 admin-only')
    expect(await refusal(open.ask(path, { method, headers: { Authorization: 'Bearer admin-ke' } }))).toBe(
      '403 admin-only',
    )
    for (const { ask, store } of [locked, open]) {
      expect(await store.list('')).toEqual([])
      expect((await ask(path, { method, headers: ADMIN })).status).toBe(200)
    }
  })

  it('is for nobody where there is no admin key', async () => {
    for (const access of [{ type: 'loopback' }, { type: 'anybody' }, { type: 'key', key: 'secret' }] as const) {
      const { ask } = chatApp({ access })
      for (const authorization of ['Bearer undefined', 'Bearer ', 'Bearer secret'])
        expect((await ask(path, { method, headers: { Authorization: authorization } })).status).toBeGreaterThan(400)
    }
  })
})

it('the admin key opens what the key opens, and a host name stays refused', async () => {
  const { ask } = chatApp({ access: LOCKED })
  expect((await ask('/v1/rooms', { headers: ADMIN })).status).toBe(200)
  expect((await ask('/v1/rooms', { headers: KEY })).status).toBe(200)
  const { app } = chatApp({ access: OPEN })
  expect((await app.request('http://evil.example/v1', { headers: ADMIN })).status).toBe(403)
})

it('frees a uid for the next one who claims it', async () => {
  const { ask } = chatApp({ access: OPEN })
  await say(ask, ALICE)
  expect(await refusal(say(ask, BOB))).toBe('403 uid-taken')
  expect(await done(ask, 'DELETE', '/v1/uids/alice/claim')).toEqual([
    200,
    { uid: 'alice', claimed: false, banned: false },
  ])
  expect((await say(ask, BOB)).status).toBe(201)
  expect(await refusal(say(ask, ALICE))).toBe('403 uid-taken')
})

it('bans a uid from sending and from its inboxes until the ban is lifted, and keeps its claim', async () => {
  const { ask } = chatApp({ access: OPEN })
  await say(ask, ALICE)
  expect(await done(ask, 'PUT', '/v1/uids/alice/ban')).toEqual([200, { uid: 'alice', claimed: true, banned: true }])
  for (const act of [say, read])
    for (const headers of [ALICE, BOB]) expect(await refusal(act(ask, headers))).toBe('403 banned')
  expect((await ask('/v1/rooms/lobby/messages?after=0')).status).toBe(200)
  await done(ask, 'DELETE', '/v1/uids/alice/claim')
  expect(await refusal(say(ask, ALICE))).toBe('403 banned')
  expect(await done(ask, 'DELETE', '/v1/uids/alice/ban')).toEqual([
    200,
    { uid: 'alice', claimed: false, banned: false },
  ])
  for (const act of [say, read]) expect((await act(ask, ALICE)).status).toBeLessThan(300)
})

it('a ban holds in all threads', async () => {
  const engine = `sqlite:${join(temporaryFolder(), 'chat.db')}`
  const { ask } = await serving({ engine, threads: 3, adminKey: 'admin-key' })
  const fresh = { Connection: 'close' } // another connection each time, and so mostly another thread
  for (let round = 0; round < 20; round++) expect((await read(ask, fresh)).status).toBe(200)
  await done(ask, 'PUT', '/v1/uids/alice/ban')
  let refused = 0
  while (refused < 30) refused = (await read(ask, fresh)).status === 403 ? refused + 1 : 0
})
