import { batchSchema, presenceSchema, syncSchema } from '@poll-chat/protocol/schemas'
import { describe, expect, it, vi } from 'vitest'
import { type Lease, Presence } from '../../src/presence/presence.ts'
import { chatApp } from '../chat-app.ts'
import { draft } from '../drafts.ts'
import { refusal } from '../http.ts'
import { fakeClock } from '../hub/fake-clock.ts'
import { eventReader } from '../streams/event-reader.ts'
import { servedApp } from '../streams/served-app.ts'
import { socketClient } from '../streams/socket-client.ts'

const ROOM = '/v1/rooms/lobby'

function app() {
  const parts = chatApp()
  const json = async (path: string, init?: RequestInit) => {
    const response = await parts.ask(path, init)
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    return response.json()
  }
  return {
    ...parts,
    who: async () => presenceSchema.parse(await json(`${ROOM}/presence`)),
    uids: async () => {
      const { here = [] } = presenceSchema.parse(await json(`${ROOM}/presence`))
      return here.map(({ uid }) => uid)
    },
    poll: async (query: string, init?: RequestInit) =>
      batchSchema.parse(await json(`${ROOM}/messages?after=0&${query}`, init)),
    typing: (body: object, init: RequestInit = {}) =>
      parts.ask(`${ROOM}/typing`, {
        method: 'POST',
        body: JSON.stringify(body),
        ...init,
        headers: { 'Content-Type': 'application/json', ...init.headers },
      }),
    json,
  }
}

describe('who reads is here', () => {
  it.each([
    `${ROOM}/messages?after=0&uid=alice`,
    `${ROOM}/inbox?uid=alice`,
    `${ROOM}/events?uid=alice`,
    '/v1/sync?after=lobby@0,tea@0&uid=alice',
  ])('%s', async (path) => {
    const { ask, uids } = app()
    expect((await ask(path)).status).toBe(200)
    expect(await uids()).toEqual(['alice'])
  })

  it.each([
    `${ROOM}/messages?after=0&uid=alice&presence=off`,
    `${ROOM}/inbox?uid=alice&presence=off`,
    `${ROOM}/events?uid=alice&presence=off`,
    '/v1/sync?after=lobby@0&uid=alice&presence=off',
    `${ROOM}/messages?after=0`,
    `${ROOM}/messages?uid=alice`,
  ])('but not by %s', async (path) => {
    const { ask, uids } = app()
    expect((await ask(path)).status).toBe(200)
    expect(await uids()).toEqual([])
  })

  it('over a WebSocket too', async () => {
    const { url, presence } = await servedApp()
    const { nextOf } = await socketClient(url, `${ROOM}/socket?uid=alice`)
    await nextOf('ready')
    expect(presence.now('lobby')).toMatchObject({ here: [{ uid: 'alice', verified: false }] })
  })

  it('for as long as a poll waits and half a minute, or a stream is open', async () => {
    const clock = fakeClock()
    const { poll, uids, ask } = app()
    const polling = poll('wait=25&uid=alice')
    const { next } = eventReader(await ask(`${ROOM}/events?uid=bob`))
    const reading = (async () => {
      while (await next()) await uids()
    })()
    await clock.advance(50_000)
    await polling
    expect(await uids()).toEqual(['alice', 'bob'])
    await clock.advance(6_500)
    expect(await uids()).toEqual(['bob'])
    await clock.advance(4 * 60_000)
    expect(await uids()).toEqual(['bob'])
    await clock.advance(7 * 60_000)
    await reading
    expect(await uids()).toEqual([])
    expect(clock.timers()).toBe(0)
  })

  it('only by their own claim, and not for another web site', async () => {
    const { poll, ask, who } = app()
    const claim = 'c'.repeat(43)
    await poll('uid=alice', { headers: { 'Poll-Chat-Claim': claim } })
    expect(await who()).toMatchObject({ here: [{ uid: 'alice', verified: true }] })
    expect(await refusal(ask(`${ROOM}/messages?after=0&uid=alice`))).toBe('403 uid-taken')
    expect(await refusal(ask(`${ROOM}/events?uid=alice`))).toBe('403 uid-taken')
    const elsewhere = { headers: { 'Sec-Fetch-Site': 'cross-site' } }
    expect(await refusal(ask(`${ROOM}/messages?after=0&uid=bob`, elsewhere))).toBe('403 cross-site')
  })
})

describe('leaving', () => {
  it('ends it at once, and the others are told', async () => {
    const { poll, ask, who } = app()
    await poll('uid=alice')
    const first = await poll('uid=bob&ephemeral=1')
    const waiting = poll(`uid=bob&ephemeral=${first.presence?.version}&wait=25`)
    const left = await ask(`${ROOM}/presence?uid=alice`, { method: 'DELETE' })
    expect(presenceSchema.parse(await left.json())).toMatchObject({ here: [{ uid: 'bob' }] })
    expect((await waiting).presence).toMatchObject({ count: 1, left: ['alice'] })
    expect(await ask(`${ROOM}/presence?uid=nobody`, { method: 'DELETE' })).toMatchObject({ status: 200 })
    expect(await who()).toMatchObject({ count: 1 })
  })

  it('takes the claim of the uid, and no other web site can do it', async () => {
    const { poll, ask, uids } = app()
    await poll('uid=alice', { headers: { 'Poll-Chat-Claim': 'c'.repeat(43) } })
    const leave = (headers = {}) => refusal(ask(`${ROOM}/presence?uid=alice`, { method: 'DELETE', headers }))
    expect(await leave()).toBe('403 uid-taken')
    expect(await leave({ 'Sec-Fetch-Site': 'cross-site' })).toBe('403 cross-site')
    expect(await refusal(ask(`${ROOM}/presence`, { method: 'DELETE' }))).toBe('400 bad-request')
    expect(await uids()).toEqual(['alice'])
  })

  it.each(['events', 'socket'])('leaves nobody out who still reads elsewhere (%s)', async (way) => {
    const { url, presence } = await servedApp()
    const path = `${ROOM}/${way}?uid=alice&ephemeral=1`
    if (way === 'events') {
      const { next } = eventReader(await fetch(`${url}${path}`))
      for (const event of ['ready', 'presence']) expect(await next()).toMatchObject({ event })
    } else await (await socketClient(url, path)).nextOf('presence')
    await fetch(`${url}${ROOM}/presence?uid=alice`, { method: 'DELETE' })
    expect(presence.now('lobby').count).toBe(0)
    await vi.waitFor(() => expect(presence.now('lobby').count).toBe(1), 20_000)
  })
})

describe('typing', () => {
  it('lasts until its time is over, it is taken back, or the message has come', async () => {
    const clock = fakeClock()
    const { typing, who, log, presence } = app()
    log.watch((messages) => {
      for (const { room, from } of messages) presence.hush(room, from.uid)
    })
    expect(await (await typing({ uid: 'alice' })).json()).toEqual({ for_ms: 8_000 })
    await typing({ uid: 'bob', for_ms: 30_000 })
    await typing({ uid: 'carol', for_ms: 30_000 })
    expect((await who()).typing).toEqual(['alice', 'bob', 'carol'])
    await clock.advance(9_500)
    expect((await who()).typing).toEqual(['bob', 'carol'])
    await typing({ uid: 'bob', for_ms: 0 })
    await log.append(draft('lobby', 'x', 'id', 'carol'))
    expect((await who()).typing).toEqual([])
  })

  it('is refused with a problem document', async () => {
    const { typing } = app()
    expect(await refusal(typing({}))).toBe('400 bad-request')
    expect(await refusal(typing({ uid: 'a b' }))).toBe('400 bad-request')
    expect(await refusal(typing({ uid: 'alice', for_ms: 30_001 }))).toBe('400 bad-request')
    expect(await refusal(typing({ uid: 'alice' }, { body: '{' }))).toBe('400 bad-request')
    expect(await refusal(typing({ uid: 'alice' }, { headers: { Origin: 'http://evil.example' } }))).toBe(
      '403 cross-site',
    )
    expect(await refusal(typing({ uid: 'alice' }, { headers: { 'Content-Type': 'text/plain' } }))).toMatch(/^4/)
  })
})

describe('who asks is told', () => {
  it('all at first, then only what changed, without a step of the cursor', async () => {
    const clock = fakeClock()
    const { poll, typing, presence } = app()
    const first = await poll('uid=alice&ephemeral=1&wait=25')
    expect(first).toMatchObject({ messages: [], next: '0', presence: { count: 1, here: [{ uid: 'alice' }] } })
    const waiting = poll(`uid=alice&ephemeral=${first.presence?.version}&wait=25`)
    await clock.advance(3_000)
    presence.renew('lobby', { uid: 'bob', verified: true }, 10_000)
    await typing({ uid: 'alice' })
    await clock.turn()
    const second = await waiting
    expect(second).toMatchObject({
      messages: [],
      next: '0',
      presence: { count: 2, came: [{ uid: 'bob', verified: true }], left: [] },
    })
    const third = poll(`ephemeral=${second.presence?.version}&wait=25`)
    await clock.advance(25_000)
    expect((await third).presence).toMatchObject({ typing: [], came: [], left: [] })
  })

  it('at once of a message, whatever happens beside it', async () => {
    const { poll, log, hub, presence } = app()
    const first = await poll('ephemeral=1')
    const waiting = poll(`ephemeral=${first.presence?.version}&wait=25`)
    await until(() => hub.waiting === 1)
    const { message } = await log.append(draft('lobby', 'x'))
    expect(await waiting).toMatchObject({ messages: [message] })
    expect(presence.rooms).toBe(0)
  })

  it('not more often than every two seconds', async () => {
    const clock = fakeClock()
    const presence = new Presence()
    let wakes = 0
    presence.renew('lobby', { uid: 'alice', verified: false }, 600_000)
    const unwatch = presence.watch('lobby', presence.now('lobby').version, () => wakes++)
    for (let i = 0; i < 100; i++) {
      presence.renew('lobby', { uid: `u${i}`, verified: false }, 600_000)
      await clock.advance(100)
    }
    expect(wakes).toBeGreaterThanOrEqual(4)
    expect(wakes).toBeLessThanOrEqual(6)
    unwatch()
    presence.close()
  })

  it('over SSE and WebSocket by an event of its own', async () => {
    const { url, presence } = await servedApp()
    const { next } = eventReader(await fetch(`${url}${ROOM}/events?ephemeral=1`))
    expect(await next()).toMatchObject({ event: 'ready' })
    const first = await next()
    expect(first).toMatchObject({ event: 'presence', id: undefined, data: { count: 0, here: [] } })
    const { nextOf } = await socketClient(url, `${ROOM}/socket?ephemeral=1&uid=alice`)
    expect(await nextOf('presence')).toMatchObject({ count: 1, here: [{ uid: 'alice' }] })
    expect(await next()).toMatchObject({ event: 'presence', data: { count: 1, here: [{ uid: 'alice' }] } })
    presence.type('lobby', { uid: 'alice', verified: false }, 5_000)
    expect(await next()).toMatchObject({ event: 'presence', data: { count: 1, typing: ['alice'], left: [] } })
  })

  it('in a sync, of each room', async () => {
    const { json, presence } = app()
    presence.renew('b', { uid: 'bob', verified: false }, 60_000)
    const first = syncSchema.parse(await json('/v1/sync?after=a@0,b@0&ephemeral=1'))
    expect(first.rooms).toMatchObject([
      { room: 'a', batch: { messages: [], presence: { count: 0 } } },
      { room: 'b', batch: { presence: { here: [{ uid: 'bob' }] } } },
    ])
    const again = `/v1/sync?after=a@0,b@0&ephemeral=${first.ephemeral}`
    expect(await json(again)).toMatchObject({ rooms: [], ephemeral: first.ephemeral })
    presence.renew('a', { uid: 'alice', verified: false }, 60_000)
    expect(syncSchema.parse(await json(`${again}&wait=25`)).rooms).toMatchObject([{ room: 'a' }])
  })

  it.each(['', 'a b', 'x'.repeat(65), '%E4'])('or refused: ephemeral=%s', async (ephemeral) => {
    expect(await refusal(app().ask(`${ROOM}/messages?after=0&ephemeral=${ephemeral}`))).toBe('400 bad-request')
    expect(await refusal(app().ask(`/v1/sync?after=a@0&ephemeral=${ephemeral}`))).toBe('400 bad-request')
  })

  it('all over again by a server that was started anew, or when too much has changed', () => {
    const presence = new Presence()
    const other = new Presence()
    for (let i = 0; i < 10; i++) presence.renew('lobby', { uid: `u${i}`, verified: false }, 60_000)
    const { version } = presence.now('lobby')
    expect(presence.since('lobby', version)).toBeUndefined()
    expect(other.since('lobby', version)).toMatchObject({ count: 0, here: [] })
    for (let i = 0; i < 300; i++) presence.renew('lobby', { uid: 'u1', verified: i % 2 === 0 }, 60_000)
    expect(presence.since('lobby', version)?.here).toHaveLength(10)
    presence.close()
  })
})

it('of more than 200 people only the number is told', () => {
  const presence = new Presence()
  for (let i = 0; i < 200; i++) presence.renew('lobby', { uid: `u${i}`, verified: false }, 60_000)
  const full = presence.now('lobby')
  expect(full.here).toHaveLength(200)
  presence.renew('lobby', { uid: 'one more', verified: false }, 60_000)
  expect(presence.now('lobby')).toEqual({ version: expect.any(String), count: 201, typing: [] })
  expect(presence.since('lobby', full.version)).toEqual(presence.now('lobby'))
  presence.close()
})

it('a change of any kind, from any version, leads to the same list as asking for all', () => {
  const presence = new Presence()
  const known = new Map<string, boolean>()
  let version = '1'
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed % below
  }
  for (let step = 0; step < 2_000; step++) {
    const uid = `u${random(20)}`
    if (random(5) === 0) presence.leave('lobby', { uid, verified: false })
    else if (random(3) === 0) presence.type('lobby', { uid, verified: false }, random(2) * 5_000)
    else presence.renew('lobby', { uid, verified: random(2) === 0 }, 60_000)
    if (random(4) > 0) continue
    const news = presence.since('lobby', version)
    if (!news) continue
    if (news.here) known.clear()
    for (const person of news.here ?? news.came ?? []) known.set(person.uid, person.verified)
    for (const gone of news.left ?? []) known.delete(gone)
    version = news.version
    const { here = [], typing } = presence.now('lobby')
    expect(new Map([...known].sort())).toEqual(
      new Map(here.map((one): [string, boolean] => [one.uid, one.verified]).sort()),
    )
    expect(news.typing).toEqual(typing)
  }
  presence.close()
})

it('threads tell each other, but not of every poll', () => {
  const told: Lease[] = []
  const peers = { announce: (lease: Lease) => told.push(lease), listen: () => undefined }
  const here = new Presence(peers)
  let hear: (lease: Lease) => void = () => undefined
  const there = new Presence({
    announce: () => undefined,
    listen: (listener) => {
      hear = listener
    },
  })
  for (let i = 0; i < 100; i++) here.renew('lobby', { uid: 'alice', verified: true }, 30_000)
  expect(told).toHaveLength(1)
  here.type('lobby', { uid: 'alice', verified: true }, 5_000)
  for (const lease of told) hear(lease)
  expect(there.now('lobby')).toMatchObject({ count: 1, typing: ['alice'], here: [{ uid: 'alice', verified: true }] })
  here.leave('lobby', { uid: 'alice', verified: true })
  for (const lease of told.slice(-1)) hear(lease)
  expect(there.now('lobby')).toMatchObject({ count: 0, typing: [], here: [] })
  here.close()
  there.close()
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate)
}
