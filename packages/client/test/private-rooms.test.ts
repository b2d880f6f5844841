/** What is asked for private rooms, and that nothing is asked without their key. */
import { expect, test } from 'vitest'
import { createClient } from '../src/index.ts'
import type { FetchLike, RoomsFollow } from '../src/types.ts'
import { cursorOf, message } from './script.ts'

const KEYS: Record<string, string> = {
  'lobby!a': 'correct-horse',
  'lobby!b': 'battery-staple',
  'ops!b': 'battery-staple',
}

/** A client whose requests are answered by a function, and what they were: path and room key. */
function start(answer: (query: URLSearchParams) => object = () => ({ messages: [], next: '0' })) {
  const asked: string[] = []
  const fetch: FetchLike = async (url, { method, headers }) => {
    const { pathname, search, searchParams } = new URL(url)
    asked.push(`${method} ${pathname}${decodeURIComponent(search)} ${headers['poll-chat-room-key']}`)
    const body = JSON.stringify(answer(searchParams))
    return { status: 200, headers: new Headers({ 'content-type': 'application/json' }), text: async () => body }
  }
  return { asked, client: createClient({ url: 'http://x', uid: 'ada', fetch, roomKeys: (room) => KEYS[room] }) }
}

test('a room is asked for by its plain name and its key', async () => {
  const { asked, client } = start()
  await client.history('lobby')
  await client.history('lobby!a')
  await client.poll('ops!b', { after: '0' })
  await client.inbox('lobby!b')
  expect(asked).toEqual([
    'GET /v1/rooms/lobby/messages undefined',
    'GET /v1/rooms/lobby/messages correct-horse',
    'GET /v1/rooms/ops/messages?after=0 battery-staple',
    'GET /v1/rooms/lobby/inbox?uid=ada&wait=0 battery-staple',
  ])
})

test.each(['lobby!unknown', 'lobby!', 'lobby!a!b', 'lobby!a b'])(
  'nothing is sent to %s, for which there is no key',
  async (room) => {
    const { asked, client } = start()
    await expect(client.send('secret', { room })).rejects.toMatchObject({ code: 'bad-request' })
    expect(() => client.followRooms({ rooms: new Map([[room, '0']]) })).toThrow(/key|name/)
    expect(asked).toEqual([])
  },
)

test('several rooms are told apart by the number of their key, and called as the caller calls them', async () => {
  const over = new AbortController()
  const news = (room: string, key: number | undefined, text: string) => ({
    room,
    ...(key && { key }),
    batch: { messages: [{ ...message(1), text }], next: cursorOf(1) },
  })
  const { asked, client } = start((query) => {
    if (!query.get('after')?.startsWith('lobby@0')) over.abort()
    const next = `lobby@${cursorOf(1)},lobby!1@${cursorOf(1)},lobby!2@0,ops!2@${cursorOf(1)}`
    const ephemeral = 'lobby@v.1,lobby!1@v.2,lobby!2@v.3,ops!2@v.4'
    return { rooms: [news('lobby', undefined, 'all'), news('lobby', 1, 'a'), news('ops', 2, 'b')], next, ephemeral }
  })
  const rooms = new Map(['lobby', 'lobby!a', 'lobby!b', 'ops!b'].map((room) => [room, '0']))
  const events: RoomsFollow[] = []
  for await (const event of client.followRooms({ rooms, ephemeral: true, signal: over.signal })) events.push(event)
  const said = events.flatMap((one) => (one.type === 'batch' ? [`${one.room}: ${one.batch.messages[0]?.text}`] : []))
  expect(said).toEqual(['lobby: all', 'lobby!a: a', 'ops!b: b'])
  const places = `lobby@${cursorOf(1)},lobby!1@${cursorOf(1)},lobby!2@0,ops!2@${cursorOf(1)}`
  expect(asked[0]).toContain('after=lobby@0,lobby!1@0,lobby!2@0,ops!2@0&')
  expect(asked[0]).toMatch(/ correct-horse, battery-staple$/)
  expect(asked[1]).toContain(`after=${places}&`)
  expect(asked[1]).toContain('ephemeral=lobby@v.1,lobby!1@v.2,lobby!2@v.3,ops!2@v.4&')
})
