import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'
import { openForTest } from '../engines.ts'
import { type Ask, batch, problem, refusal } from '../http.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const ALICE = 'a'.repeat(43)
const OTHER = 'b'.repeat(43)
const INBOX = '/v1/rooms/lobby/inbox?uid=alice'

function shown(claim?: string): RequestInit {
  return claim === undefined ? {} : { headers: { 'Poll-Chat-Claim': claim } }
}

function say(ask: Ask, claim?: string, { uid = 'alice', id = '' } = {}): Promise<Response> {
  const query = `uid=${uid}${id && `&id=${id}`}`
  return ask(`/v1/rooms/lobby/messages?${query}`, { method: 'POST', body: 'hi', ...shown(claim) })
}

/** Everything that speaks as alice, or opens, reads or moves her inbox. */
const AS_ALICE: [string, (ask: Ask, claim?: string) => Promise<Response>][] = [
  ['POST messages', (ask, claim) => say(ask, claim)],
  ['GET inbox', (ask, claim) => ask(INBOX, shown(claim))],
  ['/send/msg', (ask, claim) => ask('/send/msg?text=x&uid=alice', shown(claim))],
  ['/send/message', (ask, claim) => ask('/send/message?text=x&uid=alice', shown(claim))],
  ['/lang/', (ask, claim) => ask('/lang/?uid=alice', shown(claim))],
  ['/get/message', (ask, claim) => ask('/get/message?uid=alice&ack=0', shown(claim))],
]

describe.each(AS_ALICE)('%s', (_name, act) => {
  it('claims a free uid, and is then for its owner alone', async () => {
    const { ask, log, store } = chatApp()
    await log.append({ room: 'lobby', id: 'before', from: { uid: 'bob', verified: false }, text: 'so that reads end' })
    expect((await act(ask, ALICE)).status).toBeLessThan(300)
    const stored = [await log.page('lobby', 10), await store.get('inbox/lobby/alice')]
    for (const wrong of [undefined, OTHER]) expect(await refusal(act(ask, wrong))).toBe('403 uid-taken')
    expect([await log.page('lobby', 10), await store.get('inbox/lobby/alice')]).toEqual(stored)
    expect((await act(ask, ALICE)).status).toBeLessThan(300)
  })

  it('works without a claim while the uid is free', async () => {
    const { ask, log, store } = chatApp()
    await log.append({ room: 'lobby', id: 'before', from: { uid: 'bob', verified: false }, text: 'so that reads end' })
    expect((await act(ask)).status).toBeLessThan(300)
    expect(await store.list('uid/')).toEqual([])
  })

  it('refuses what cannot be a claim, and repeats nothing of it', async () => {
    const { ask, store } = chatApp()
    for (const odd of ['short', `${ALICE}a`, `${'a'.repeat(42)}+`]) {
      const { code, detail } = await problem(act(ask, odd))
      expect(code).toBe('bad-request')
      expect(detail).not.toContain(odd)
    }
    expect(await store.list('')).toEqual([])
  })
})

it('marks what was said with a claim as verified, and nothing else', async () => {
  const { ask } = chatApp()
  await say(ask)
  await say(ask, ALICE)
  await say(ask, OTHER, { uid: 'bob' })
  await say(ask, undefined, { uid: 'carol' })
  const { messages } = await batch(ask, '/v1/rooms/lobby/messages?after=0')
  expect(messages.map(({ from }) => from)).toEqual([
    { uid: 'alice', verified: false },
    { uid: 'alice', verified: true },
    { uid: 'bob', verified: true },
    { uid: 'carol', verified: false },
  ])
})

it('can be shown for nothing else, before anything is said', async () => {
  const { ask } = chatApp()
  const put = (uid: string, claim?: string) => ask(`/v1/uids/${uid}/claim`, { method: 'PUT', ...shown(claim) })
  for (let round = 0; round < 2; round++)
    expect(await (await put('alice', ALICE)).json()).toEqual({ uid: 'alice', claimed: true, banned: false })
  expect(await refusal(put('alice', OTHER))).toBe('403 uid-taken')
  for (const answer of [put('alice'), put('anonymous', ALICE)]) expect(await refusal(answer)).toBe('400 bad-request')
})

it('nobody can claim what nobody is by name', async () => {
  const { ask, store } = chatApp()
  expect((await say(ask, ALICE, { uid: 'anonymous' })).status).toBe(201)
  expect((await ask('/v1/rooms/lobby/messages', { method: 'POST', body: 'hi', ...shown(ALICE) })).status).toBe(201)
  expect((await say(ask, undefined, { uid: 'anonymous' })).status).toBe(201)
  expect(await store.list('uid/')).toEqual([])
})

it('claims a name in whichever form it is written', async () => {
  const { ask } = chatApp()
  expect((await say(ask, ALICE, { uid: encodeURIComponent('é') })).status).toBe(201)
  expect(await refusal(say(ask, OTHER, { uid: encodeURIComponent('e\u0301') }))).toBe('403 uid-taken')
})

it('a send that is repeated with its claim is one message; whoever repeats its id learns nothing but what the room shows', async () => {
  const { ask } = chatApp()
  const first = await (await say(ask, ALICE, { id: 'one' })).json()
  const again = await say(ask, ALICE, { id: 'one' })
  expect([again.status, await again.json()]).toEqual([200, first])
  expect(await refusal(say(ask, undefined, { id: 'one' }))).toBe('403 uid-taken')
  const bob = await say(ask, OTHER, { uid: 'bob', id: 'one' })
  expect([bob.status, await bob.json()]).toEqual([200, first])
})

it('one of many who claim at once gets the uid, and all requests of that one pass', async () => {
  for (const engine of [undefined, await openForTest(`sqlite:${join(temporaryFolder(), 'chat.db')}`)]) {
    const { ask } = chatApp(engine ? { engine } : {})
    const claims = Array.from({ length: 40 }, (_, i) => String.fromCharCode(97 + (i % 8)).repeat(43))
    const answers = await Promise.all(claims.map(async (claim) => ({ claim, status: (await say(ask, claim)).status })))
    const winners = new Set(answers.filter(({ status }) => status === 201).map(({ claim }) => claim))
    expect(winners.size).toBe(1)
    for (const { claim, status } of answers) expect([claim, status]).toEqual([claim, winners.has(claim) ? 201 : 403])
  }
})

it('the claim outlives the server, which keeps a digest of it and writes it nowhere', async () => {
  const path = `sqlite:${join(temporaryFolder(), 'chat.db')}`
  const before = await openForTest(path)
  const first = chatApp({ engine: before })
  await say(first.ask, ALICE)
  await say(first.ask, OTHER)
  expect((await before.store.get('uid/alice'))?.value).not.toContain(ALICE)
  await before.log.close()
  const second = chatApp({ engine: await openForTest(path) })
  expect(await refusal(say(second.ask, OTHER))).toBe('403 uid-taken')
  expect((await say(second.ask, ALICE)).status).toBe(201)
  expect([...first.lines, ...second.lines].join('')).not.toMatch(/aaaa|bbbb/)
})

it('is asked for before the poll of its owner is ended', async () => {
  const { ask, hub } = chatApp()
  await ask(INBOX, shown(ALICE))
  const waiting = ask(`${INBOX}&wait=20`, shown(ALICE))
  while (hub.waiting === 0) await new Promise(setImmediate)
  expect(await refusal(ask(INBOX, shown(OTHER)))).toBe('403 uid-taken')
  expect(hub.waiting).toBe(1)
  await say(ask, ALICE)
  expect((await (await waiting).json()).messages).toHaveLength(1)
})
