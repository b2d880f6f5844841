import { join } from 'node:path'
import { batchSchema, classicTextsSchema, presenceSchema, roomsSchema, searchSchema } from '@poll-chat/protocol/schemas'
import { describe, expect, it } from 'vitest'
import type { Ask } from '../http.ts'
import { batch, problem, sent } from '../http.ts'
import { serving } from '../sockets/serving.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const KEY = 'correct-horse'
const OTHER = 'battery-staple'

/** Asks as somebody who shows a room key. */
function withKey(ask: Ask, key: string): Ask {
  return (path, init) => ask(path, { ...init, headers: { ...init?.headers, 'Poll-Chat-Room-Key': key } })
}

/** The public lobby and the private one, each with a message of its own. */
async function rooms(config: { lane: boolean }) {
  const { ask, url } = await serving(config)
  const inside = withKey(ask, KEY)
  await sent(ask, 'lobby', 'for all', '?uid=bob')
  await sent(inside, 'lobby', 'secret plan', '?uid=alice')
  return { ask, url, inside, wrong: withKey(ask, OTHER) }
}

const texts = ({ messages }: { messages: readonly { text: string; room: string }[] }) =>
  messages.map(({ room, text }) => `${room}: ${text}`)

describe.each([{ lane: true }, { lane: false }])('lane: $lane', (config) => {
  it.each([
    ['a poll', '/v1/rooms/lobby/messages?after=0'],
    ['a long poll', '/v1/rooms/lobby/messages?after=0&wait=1'],
    ['a page of history', '/v1/rooms/lobby/messages'],
    ['an inbox', '/v1/rooms/lobby/inbox?uid=carol&ack=0'],
  ])('%s reads the room of its key, under its plain name', async (_, path) => {
    const { ask, inside, wrong } = await rooms(config)
    expect(texts(await batch(ask, path))).toEqual(['lobby: for all'])
    expect(texts(await batch(inside, path))).toEqual(['lobby: secret plan'])
    expect(await batch(wrong, path.replace('wait=1', 'wait=0.01'))).toEqual({ messages: [], next: '0' })
  })

  it('the answer to a send has the plain name, also when it is repeated', async () => {
    const { inside } = await rooms(config)
    const first = await sent(inside, 'lobby', 'again', '?id=one')
    expect(first.message.room).toBe('lobby')
    expect(await sent(inside, 'lobby', 'again', '?id=one')).toEqual(first)
  })

  it('the same id is another message in another room', async () => {
    const { ask, inside, wrong } = await rooms(config)
    const all = [
      await sent(ask, 'r', 'a', '?id=x'),
      await sent(inside, 'r', 'b', '?id=x'),
      await sent(wrong, 'r', 'c', '?id=x'),
    ]
    expect(all.map(({ message }) => `${message.index} ${message.text}`)).toEqual(['1 a', '1 b', '1 c'])
  })

  it('what many say at once, each in a room of their own for the first time, is what each has said', async () => {
    // On disk: then the answer whether there is such a room takes a while.
    const { ask } = await serving({ ...config, engine: `sqlite:${join(temporaryFolder(), 'chat.db')}` })
    const speakers = Array.from({ length: 200 }, (_, i) => ({
      inside: withKey(ask, `the-key-of-${i}`),
      text: `${i} `.repeat(1 + (i % 40)).trim(),
    }))
    await Promise.all(speakers.map(({ inside, text }) => sent(inside, 'lobby', text)))
    for (const { inside, text } of speakers)
      expect(texts(await batch(inside, '/v1/rooms/lobby/messages?after=0'))).toEqual([`lobby: ${text}`])
  })

  it('the classic endpoints too', async () => {
    const { ask, inside, wrong } = await rooms(config)
    const poll = async (who: Ask) => classicTextsSchema.parse(await (await who('/get/msg?index=0')).json())
    expect(texts(await poll(ask))).toEqual(['lobby: for all'])
    expect(texts(await poll(inside))).toEqual(['lobby: secret plan'])
    expect(await poll(wrong)).toEqual({ data: [], index: 0, messages: [] })
    await inside('/lang/?uid=dora')
    expect(await (await inside('/send/message?text=more&uid=alice')).text()).toBe('OK')
    const { data, message } = await (await inside('/get/message?uid=dora')).json()
    expect([data, message.room]).toEqual(['more', 'lobby'])
    expect((await poll(ask)).data).toEqual(['for all'])
  })

  it('a wrong key cannot be told from a room that is not there', async () => {
    const { ask, wrong } = await rooms(config)
    for (const path of ['messages?after=0', 'messages', 'messages?after=3', 'messages?before=1', 'presence']) {
      const answers = [
        await wrong(`/v1/rooms/lobby/${path}`),
        await wrong(`/v1/rooms/nowhere/${path}`),
        await ask(`/v1/rooms/nowhere/${path}`),
      ]
      const [shut, ...others] = await Promise.all(answers.map(comparable))
      for (const other of others) expect(shut, path).toEqual(other)
    }
  })

  it('no list, no search and no presence tells of it, but to who shows its key', async () => {
    const { ask, inside, wrong } = await rooms(config)
    await batch(inside, '/v1/rooms/lobby/messages?after=0&uid=eve')
    for (const who of [ask, inside, wrong]) {
      const { rooms: listed } = roomsSchema.parse(await (await who('/v1/rooms')).json())
      expect(listed.map(({ room, newest }) => [room, newest.split('~')[0]])).toEqual([['lobby', '1']])
    }
    const find = async (who: Ask, query: string) =>
      texts(searchSchema.parse(await (await who(`/v1/search?${query}`)).json()))
    expect(await find(ask, 'q=plan')).toEqual([])
    expect(await find(ask, 'q=plan&from=alice')).toEqual([])
    expect(await find(ask, 'q=plan&room=lobby')).toEqual([])
    expect(await find(wrong, 'q=plan&room=lobby')).toEqual([])
    expect(await find(inside, 'q=plan&room=lobby')).toEqual(['lobby: secret plan'])
    expect(await find(inside, 'q=all&room=lobby')).toEqual([])
    const here = async (who: Ask) => presenceSchema.parse(await (await who('/v1/rooms/lobby/presence')).json()).here
    expect(await here(inside)).toEqual([{ uid: 'eve', verified: false }])
    expect(await here(ask)).toEqual([])
    expect(await here(wrong)).toEqual([])
  })

  it('who types in it is told there only', async () => {
    const { ask, inside, wrong } = await rooms(config)
    const init = { method: 'POST', body: '{"uid":"eve"}', headers: { 'Content-Type': 'application/json' } }
    expect((await inside('/v1/rooms/lobby/typing', init)).status).toBe(200)
    const typing = async (who: Ask) => presenceSchema.parse(await (await who('/v1/rooms/lobby/presence')).json()).typing
    expect([await typing(inside), await typing(ask), await typing(wrong)]).toEqual([['eve'], [], []])
  })

  it('who waits with its key hears what is sent with it, and nothing else', async () => {
    const { ask, inside, wrong } = await rooms(config)
    const wait = (who: Ask) => batch(who, '/v1/rooms/quiet/messages?after=0&wait=20')
    const [inner, outer] = [wait(inside), wait(ask)]
    await sent(wrong, 'quiet', 'elsewhere')
    await sent(inside, 'quiet', 'in here')
    await sent(ask, 'quiet', 'out here')
    expect(texts(await inner)).toEqual(['quiet: in here'])
    expect(texts(await outer)).toEqual(['quiet: out here'])
  })

  it.each(['short', 'with, comma', 'with blank', 'x'.repeat(513), 'schlüssel'])(
    'a key that is none (%j) is refused, and not repeated',
    async (key) => {
      const { ask } = await serving(config)
      for (const [path, method] of [
        ['messages?after=0', 'GET'],
        ['messages', 'POST'],
        ['inbox?uid=a&ack=0', 'GET'],
        ['events', 'GET'],
        ['presence', 'GET'],
      ]) {
        const { status, code, detail } = await problem(
          withKey(ask, key)(`/v1/rooms/r/${path}`, { method: `${method}` }),
        )
        expect([status, code]).toEqual([400, 'bad-request'])
        expect(detail).toMatch(/8-512 visible ASCII characters/)
        expect(detail).not.toContain(key)
      }
    },
  )
})

it('the operator deletes from it with its key, and from nowhere else', async () => {
  const { ask } = await serving({ adminKey: 'the-operator' })
  await sent(withKey(ask, KEY), 'lobby', 'secret plan')
  const remove = async (who: Ask) => {
    const init = { method: 'DELETE', headers: { Authorization: 'Bearer the-operator' } }
    const response = await who('/v1/rooms/lobby/messages/1', init)
    return [response.status, (await response.json()).message?.room]
  }
  expect(await remove(ask)).toEqual([404, undefined])
  expect(await remove(withKey(ask, OTHER))).toEqual([404, undefined])
  expect(await remove(withKey(ask, KEY))).toEqual([200, 'lobby'])
})

it('a search in all rooms takes no room key', async () => {
  const { ask } = await serving()
  const { detail } = await problem(withKey(ask, KEY)('/v1/search?q=plan'))
  expect(detail).toBe('Only one private room can be searched at once: "room" is missing.')
})

it('no public name can be that of a private room in the log', async () => {
  const { ask } = await serving()
  const { code } = await problem(
    ask(`/v1/rooms/${encodeURIComponent('lobby#abcdefghijklmnopqrstuv')}/messages?after=0`),
  )
  expect(code).toBe('bad-request')
})

it('a history longer than what is kept in memory has the plain name throughout', async () => {
  const { ask } = await serving()
  const inside = withKey(ask, KEY)
  for (let number = 0; number < 600; number += 50)
    await Promise.all(Array.from({ length: 50 }, () => sent(inside, 'long', 'x')))
  const page = batchSchema.parse(await (await inside('/v1/rooms/long/messages?after=0&limit=500')).json())
  expect(new Set(page.messages.map(({ room }) => room))).toEqual(new Set(['long']))
  expect(page.messages).toHaveLength(500)
})

/** All of an answer but its date. */
async function comparable(response: Response) {
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'date'))
  return { status: response.status, headers, body: await response.text() }
}
