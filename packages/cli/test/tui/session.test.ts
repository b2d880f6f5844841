import { type Client, type FollowOptions, ServerUnreachable } from '@poll-chat/client'
import { ChatError } from '@poll-chat/protocol'
import { expect, it, onTestFinished, vi } from 'vitest'
import { ChatStore } from '../../src/tui/chat-store.ts'
import { Outbox } from '../../src/tui/outbox.ts'
import { Session, type SessionOptions } from '../../src/tui/session.ts'
import { themeFor } from '../../src/tui/theme.ts'
import { FakeRoom } from './fixture/fake-client.ts'

function open(
  options: Partial<SessionOptions>,
  { before = 0, unread = 0, changes = {} }: { before?: number; unread?: number; changes?: Partial<Client> } = {},
) {
  const room = new FakeRoom()
  for (let i = 1; i <= before + unread; i++) room.say('bob', `${i}`)
  const followed: FollowOptions[] = []
  const plain = room.client('alice', before)
  const client: Client = {
    ...plain,
    follow: (name, how) => {
      followed.push(how)
      return plain.follow(name, how)
    },
    ...changes,
  }
  const store = new ChatStore({
    where: { room: 'lobby', uid: 'alice', host: 'here', mode: 'long' },
    size: { columns: 80, rows: 20 },
    theme: themeFor({}),
  })
  const session = new Session(client, store, new Outbox(client, 'lobby', store), {
    room: 'lobby',
    mode: 'long',
    intervalMs: 500,
    last: 3,
    ...options,
  })
  const over = new AbortController()
  onTestFinished(() => {
    over.abort()
    store.close()
  })
  const shown = () => store.transcript.items.map((item) => ('text' in item ? item.text : item.kind))
  const screen = () =>
    store
      .view()
      .lines.flatMap(({ spans }) => spans.map(({ text }) => text))
      .join('')
  return { room, store, session, over, followed, shown, screen, running: session.run(over.signal) }
}

it('goes on in the inbox where alice left off', async () => {
  const { followed, shown } = open({ notice: () => 'hello' }, { before: 5, unread: 2 })
  await vi.waitFor(() => expect(followed).toHaveLength(1))
  expect(shown()).toEqual(['3', '4', '5', 'unread', '6', '7', 'hello'])
  expect(followed[0]).toMatchObject({ mode: 'long', inbox: true, after: expect.stringMatching(/^7~/) })
})

it('has no unread line when nothing is unread', async () => {
  const { followed, shown } = open({}, { before: 5 })
  await vi.waitFor(() => expect(followed).toHaveLength(1))
  expect(shown()).toEqual(['3', '4', '5'])
})

it('polls from the newest page on, without an inbox', async () => {
  const { followed, shown } = open({ mode: 'poll' }, { before: 5, unread: 2 })
  await vi.waitFor(() => expect(followed).toHaveLength(1))
  expect(shown()).toEqual(['5', '6', '7'])
  expect(followed[0]).toMatchObject({ mode: 'poll', intervalMs: 500, after: expect.stringMatching(/^7~/) })
  expect(followed[0]).not.toHaveProperty('inbox')
})

it('reads older pages until there are none', async () => {
  const { session, store, followed, shown, over } = open({ last: 60 }, { before: 250 })
  await vi.waitFor(() => expect(followed).toHaveLength(1))
  await session.load(over.signal)
  expect(shown()).toHaveLength(60) // nobody is near the top
  store.scroll({ to: 'start' })
  await session.load(over.signal)
  for (let page = 0; page < 2; page++) {
    store.scroll({ to: 'start' })
    await session.load(over.signal)
  }
  expect(shown()).toEqual(Array.from({ length: 250 }, (_, i) => `${i + 1}`))
})

it('shows a page from far back, and fills the gap to what is held from both ends', async () => {
  const { room, session, store, followed, shown, over } = open({ last: 60 }, { before: 400 })
  await vi.waitFor(() => expect(followed).toHaveLength(1))
  store.addPage(room.messages.slice(99, 140), true)
  const hit = store.transcript.oldest()
  expect(shown()[41]).toBe('gap')
  if (hit) store.show(hit)
  store.scroll({ by: 'rows', count: 25 })
  await session.load(over.signal) // from above: the reader is at its upper end
  const from100 = () => shown().slice(shown().indexOf('100'))
  expect(from100().slice(0, 142)).toEqual([...Array.from({ length: 141 }, (_, i) => `${i + 100}`), 'gap'])
  expect(store.wanted).not.toMatchObject({ what: 'gap' })
  store.scroll({ to: 'end' })
  while (store.wanted?.what !== 'gap') store.scroll({ by: 'rows', count: -9 })
  store.scroll({ by: 'rows', count: -9 })
  const rows = () => store.view().lines.map(({ spans }) => spans.map(({ text }) => text).join(''))
  const before = rows()
  await session.load(over.signal)
  const gap = before.findIndex((row) => row.includes('not loaded'))
  expect(gap).toBeGreaterThan(3)
  const unnamed = (row: string) => row.replace('bob', '   ')
  expect(
    rows()
      .slice(gap + 1)
      .map(unnamed),
  ).toEqual(before.slice(gap + 1).map(unnamed))
  expect(from100().filter((text) => text !== 'gap')).toEqual(Array.from({ length: 301 }, (_, i) => `${i + 100}`))
})

it('tells of a log that began anew, and shows what it has', async () => {
  const { room, followed, shown } = open({}, { before: 2 })
  await vi.waitFor(() => expect(followed).toHaveLength(1))
  await vi.waitFor(() => expect(shown()).toHaveLength(2))
  room.emit({ type: 'reset', reason: 'ahead', oldest: '0', newest: '1' })
  const first = {
    index: 1,
    id: 'other',
    room: 'lobby',
    from: { uid: 'bob', verified: true },
    text: 'anew',
    at: '2026-11-22T13:00:00Z',
  }
  room.emit({ type: 'batch', batch: { messages: [first], next: '1' } })
  await vi.waitFor(() => expect(shown()).toEqual(['1', '2', expect.stringContaining('lost its log'), 'anew']))
})

it('tries again when the server cannot be reached at the start, and says so', async () => {
  let tries = 0
  const { screen, followed } = open(
    { mode: 'poll' },
    {
      changes: {
        history: async () => {
          if (tries++ === 0) throw new ServerUnreachable('connection refused', { mayHaveArrived: false })
          return { messages: [], next: '0' }
        },
      },
    },
  )
  await vi.waitFor(() =>
    expect(screen()).toMatch(/reconnecting in \d s \(attempt 1\), last seen [\d:]+: connection refused/),
  )
  await vi.waitFor(() => expect(followed).toHaveLength(1), { timeout: 3_000 })
})

it('ends with what the server refuses for good', async () => {
  const { running } = open(
    {},
    { changes: { inbox: () => Promise.reject(new ChatError('key-required', 'a key is needed')) } },
  )
  await expect(running).rejects.toThrow('a key is needed')
})

it('ends quietly when it is told to', async () => {
  const { running, followed, over } = open({})
  await vi.waitFor(() => expect(followed).toHaveLength(1))
  over.abort()
  await expect(running).resolves.toBeUndefined()
})
