/** What the five ways of following have to agree on, and what is special about a WebSocket. */
import { createServer, request } from 'node:http'
import { createClient, type FollowOptions } from '@poll-chat/client'
import { createUndiciFetch } from '@poll-chat/client/undici'
import type { Message } from '@poll-chat/protocol'
import { afterEach, expect, test, vi } from 'vitest'
import { Reader, WAYS } from './fixture/reader.ts'
import { ServerProcess } from './fixture/server-process.ts'

const KEY = 'sesame'
const ROOM = 'lobby'
const ROOM_KEY = 'correct-horse'

let server: ServerProcess | undefined

afterEach(() => server?.dispose())

test('restarts in order, messages while nobody can read, and long silence: the same lines in every way, in a public room and in the private one of that name', {
  timeout: 120_000,
}, async () => {
  server = await ServerProcess.start()
  const { url } = server
  const readers = WAYS.map((way) => new Reader(url, ROOM, way))
  const insiders = WAYS.map((way) => new Reader(url, ROOM, way, { roomKey: ROOM_KEY }))
  const ada = createClient({ url, uid: 'ada' })
  const insider = createClient({ url, uid: 'ada', roomKeys: () => ROOM_KEY })
  const log: Message[] = []
  const secret: Message[] = []
  const send = async (count: number) => {
    for (let i = 0; i < count; i++) {
      log.push((await ada.send(`${log.length + 1}`, { room: ROOM })).message)
      secret.push((await insider.send(`secret ${secret.length + 1}`, { room: ROOM })).message)
    }
  }
  for (let restart = 1; restart <= 3; restart++) {
    await send(5)
    await Promise.all([...readers, ...insiders].map((reader) => reader.untilSeen(log.length)))
    server.signal('SIGTERM')
    expect(await server.ended).toEqual({ code: 0, signal: null })
    await server.start()
    await send(5)
    await Promise.all([...readers, ...insiders].map((reader) => reader.untilSeen(log.length)))
  }
  for (const reader of [...readers, ...insiders]) {
    await reader.close()
    expect(reader.messages, reader.way).toEqual(readers.includes(reader) ? log : secret)
    expect(reader.resets, reader.way).toEqual([])
  }
})

test('who changes the way every few messages misses and repeats nothing', { timeout: 60_000 }, async () => {
  server = await ServerProcess.start({ env: { POLL_CHAT_KEY: KEY } })
  const fetch = createUndiciFetch()
  const client = createClient({ url: server.url, uid: 'ada', key: KEY, fetch })
  const count = 60
  const sending = (async () => {
    for (let i = 1; i <= count; i++) await client.send(`${i}`, { room: ROOM })
  })()
  const modes: FollowOptions['mode'][] = ['long', 'sse', 'poll', 'ws']
  const texts: string[] = []
  let after = '0'
  for (let turn = 0; texts.length < count; turn++) {
    for await (const event of client.follow(ROOM, { mode: modes[turn % 4] ?? 'long', after, intervalMs: 10 })) {
      if (event.type !== 'batch') continue
      texts.push(...event.batch.messages.map(({ text }) => text))
      after = event.batch.next
      break
    }
  }
  await sending
  await fetch.close()
  expect(texts).toEqual(Array.from({ length: count }, (_, i) => `${i + 1}`))
})

test('several rooms by one request, through restarts: every line of each once, in the order of its room', {
  timeout: 120_000,
}, async () => {
  server = await ServerProcess.start()
  const roomKeys = (room: string) => (room.endsWith('!x') ? ROOM_KEY : undefined)
  const ada = createClient({ url: server.url, uid: 'ada', roomKeys })
  const rooms = ['lobby', 'lobby!x', 'ops', '茶', '茶!x']
  const logs = new Map(rooms.map((room) => [room, [] as string[]]))
  const seen = new Map(rooms.map((room) => [room, [] as string[]]))
  const over = new AbortController()
  const following = (async () => {
    const places = new Map(rooms.map((room) => [room, '0']))
    for await (const event of ada.followRooms({ rooms: places, signal: over.signal })) {
      if (event.type === 'batch') seen.get(event.room)?.push(...event.batch.messages.map(({ text }) => text))
      if (event.type === 'reset' || event.type === 'refused') throw new Error(`${event.type} in ${event.room}`)
    }
  })()
  for (let round = 1; round <= 3; round++) {
    await Promise.all(
      rooms.map(async (room) => {
        for (let i = 1; i <= 10; i++) logs.get(room)?.push((await ada.send(`${round}.${i}`, { room })).message.text)
      }),
    )
    if (round === 1) await server.kill()
    else server.signal('SIGTERM')
    await server.ended
    await server.start()
  }
  await vi.waitUntil(() => [...seen.values()].every((texts) => texts.length >= 30), { timeout: 60_000 })
  over.abort()
  await following
  expect(seen).toEqual(logs)
})

test('who follows in any way, by any of two threads, is seen by all who ask, and typing too', {
  timeout: 60_000,
}, async () => {
  server = await ServerProcess.start({ args: ['--threads', '2'] })
  const { url } = server
  const over = new AbortController()
  const ways: FollowOptions[] = [
    { mode: 'poll', intervalMs: 100 },
    { mode: 'long' },
    { mode: 'long', inbox: true },
    { mode: 'sse' },
    { mode: 'ws' },
  ]
  const uids = ways.map((_, i) => `reader${i}`)
  const seen = await Promise.all(
    ways.map(async (way, i) => {
      const fetch = createUndiciFetch()
      const client = createClient({ url, uid: `reader${i}`, fetch })
      const view = { people: new Set<string>(), typing: [] as readonly string[] }
      const following = (async () => {
        for await (const event of client.follow(ROOM, { ...way, ephemeral: true, signal: over.signal })) {
          if (event.type !== 'presence') continue
          const { here, came = [], left = [], typing } = event.presence
          if (here) view.people = new Set(here.map(({ uid }) => uid))
          for (const { uid } of came) view.people.add(uid)
          for (const uid of left) view.people.delete(uid)
          view.typing = typing
        }
        await fetch.close()
      })()
      return { client, view, following }
    }),
  )
  const all = (isSo: (view: (typeof seen)[number]['view']) => boolean) =>
    vi.waitUntil(() => seen.every(({ view }) => isSo(view)), { timeout: 30_000 })
  await all(({ people }) => uids.every((uid) => people.has(uid)))
  await seen[0]?.client.typing(ROOM, { forMs: 30_000 })
  await all(({ typing }) => typing.join() === 'reader0')
  await seen[0]?.client.send('said', { room: ROOM })
  await all(({ typing }) => typing.length === 0)
  const who = await createClient({ url }).presence(ROOM)
  expect(who.here?.map(({ uid }) => uid).sort()).toEqual(uids)
  over.abort()
  await Promise.all(seen.map(({ following }) => following))
})

test.each(['sse', 'ws'] as const)('a wrong key ends following by %s', { timeout: 60_000 }, async (mode) => {
  server = await ServerProcess.start({ env: { POLL_CHAT_KEY: KEY } })
  const following = firstStatus(server.url, { mode }, 'wrong')
  await expect(following).rejects.toMatchObject({ code: 'key-required' })
})

test('a network that passes requests and no WebSocket is named as that', { timeout: 60_000 }, async () => {
  server = await ServerProcess.start()
  const { port } = server
  // As many proxies do, this one knows nothing of upgrades, and answers on its own.
  const proxy = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const passed = request({ port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(passed)
  })
  proxy.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'))
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy does not listen.')
  try {
    const status = await firstStatus(`http://127.0.0.1:${address.port}`, { mode: 'ws' })
    expect(status).toMatchObject({ state: 'reconnecting', reason: 'requests pass, but no WebSocket' })
  } finally {
    proxy.closeAllConnections()
    proxy.close()
  }
  const nobody = await firstStatus('http://127.0.0.1:1', { mode: 'ws' })
  expect(nobody).toMatchObject({ state: 'reconnecting' })
})

async function firstStatus(url: string, options: FollowOptions, key?: string) {
  const client = createClient({ url, ...(key !== undefined && { key }) })
  for await (const event of client.follow(ROOM, options)) if (event.type === 'status') return event.status
  throw new Error('It ended.')
}
