import { cursorAfter, MAX_SYNC_ROOMS } from '@poll-chat/protocol'
import { syncSchema } from '@poll-chat/protocol/schemas'
import { describe, expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'
import { appendAll, draft, numbered } from '../drafts.ts'
import { openForTest } from '../engines.ts'
import type { Ask } from '../http.ts'
import { refusal } from '../http.ts'
import { fakeClock } from '../hub/fake-clock.ts'
import { temporaryFolder } from '../temporary-folder.ts'

async function sync(ask: Ask, after: string, query = '') {
  const response = await ask(`/v1/sync?after=${encodeURIComponent(after)}${query}`)
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return syncSchema.parse(await response.json())
}

it('answers a batch for each room that has news, and where to go on in all', async () => {
  const { ask, log } = chatApp()
  const [a1] = await appendAll(log, 'a', ['1'])
  const [b1, b2] = await appendAll(log, 'b', ['1', '2'])
  if (!a1 || !b1 || !b2) throw new Error('not appended')
  const next = `a@${cursorAfter(a1)},b@${cursorAfter(b2)},c@0`
  expect(await sync(ask, `a@${cursorAfter(a1)},b@1,c@0`)).toEqual({
    rooms: [{ room: 'b', batch: { messages: [b2], next: cursorAfter(b2) } }],
    next,
  })
  expect(await sync(ask, next)).toEqual({ rooms: [], next })
})

it('a room without a cursor begins at its head', async () => {
  const { ask, log } = chatApp()
  const [old] = await appendAll(log, 'a', ['old'])
  expect(await sync(ask, 'a')).toEqual({ rooms: [], next: `a@${old && cursorAfter(old)}` })
})

it('one room that was wiped, and one that is behind, do not fail the others', async () => {
  const { ask, log } = chatApp()
  const messages = await appendAll(log, 'a', ['1'])
  const next = messages[0] && cursorAfter(messages[0])
  expect(await sync(ask, 'wiped@9,a@0', '&wait=55')).toEqual({
    rooms: [
      { room: 'wiped', reset: { reason: 'ahead', oldest: '0', newest: '0' } },
      { room: 'a', batch: { messages, next } },
    ],
    next: `wiped@0,a@${next}`,
  })
})

it.each(['a', 'b', 'c'])('waits in all rooms for the first that has news, here %s', async (room) => {
  const { ask, log, hub } = chatApp()
  const answer = sync(ask, 'a@0,b@0,c@0', '&wait=55')
  await until(() => hub.waiting === 3)
  const { message } = await log.append(draft(room, 'x'))
  expect((await answer).rooms).toEqual([{ room, batch: { messages: [message], next: cursorAfter(message) } }])
  expect(hub.waiting).toBe(0)
})

it('ends empty when the time is over, and at once when the client goes away', async () => {
  const clock = fakeClock()
  const { ask, hub } = chatApp()
  const answer = sync(ask, 'a@0,b@0', '&wait=25')
  await clock.advance(25_200)
  expect(await answer).toEqual({ rooms: [], next: 'a@0,b@0' })
  const gone = new AbortController()
  const aborted = ask('/v1/sync?after=a@0,b@0&wait=25', { signal: gone.signal })
  await clock.turn()
  expect(hub.waiting).toBe(2)
  gone.abort()
  await aborted
  expect([hub.waiting, clock.timers()]).toEqual([0, 0])
})

it('messages in all rooms, while one sync follows another, come once and in order', async () => {
  const { ask, log } = chatApp()
  const rooms = ['a', 'b', 'c', 'd']
  const sending = Promise.all(
    rooms.map(async (room) => {
      for (const text of numbered(100)) {
        await log.append(draft(room, text))
        await new Promise(setImmediate)
      }
    }),
  )
  const seen = new Map(rooms.map((room) => [room, [] as string[]]))
  let after = rooms.map((room) => `${room}@0`).join()
  while ([...seen.values()].some((texts) => texts.length < 100)) {
    const answer = await sync(ask, after, '&wait=20')
    for (const news of answer.rooms) {
      if ('batch' in news) seen.get(news.room)?.push(...news.batch.messages.map(({ text }) => text))
    }
    after = answer.next
  }
  await sending
  for (const texts of seen.values()) expect(texts).toEqual(numbered(100))
})

it('a room that has to be read from disk gets its turn beside one that is busy', async () => {
  const engine = await openForTest(`sqlite:${temporaryFolder()}/chat.db`)
  const { ask, log } = chatApp({ engine })
  await appendAll(log, 'old', numbered(600)) // the tail keeps 512
  await appendAll(log, 'busy', ['x'])
  const { rooms } = await sync(ask, 'busy@0,old@0', '&wait=25')
  expect(rooms.map(({ room }) => room)).toEqual(['busy', 'old'])
})

it('shares out its limit, so that an answer has no more messages for more rooms', async () => {
  const { ask, log } = chatApp()
  for (const room of ['a', 'b', 'c', 'd']) await appendAll(log, room, numbered(10))
  const { rooms, next } = await sync(ask, 'a@0,b@0,c@0,d@0', '&limit=20')
  expect(rooms.map((news) => 'batch' in news && news.batch.messages.length)).toEqual([5, 5, 5, 5])
  expect((await sync(ask, next)).rooms).toHaveLength(4)
})

describe('refuses with a problem document', () => {
  it.each([
    ['', '400 bad-request'],
    ['?after=', '400 bad-request'],
    ['?after=a@x', '400 bad-cursor'],
    ['?after=a@0@1', '400 bad-request'],
    ['?after=a@0,a@1', '400 bad-request'],
    ['?after=a%20b@0', '400 bad-request'],
    ['?after=a@0,', '400 bad-request'],
    ['?after=a@0&wait=x', '400 bad-request'],
    [`?after=${Array.from({ length: MAX_SYNC_ROOMS + 1 }, (_, i) => `r${i}@0`).join()}`, '400 bad-request'],
  ])('%s', async (query, expected) => {
    expect(await refusal(chatApp().ask(`/v1/sync${query}`))).toBe(expected)
  })

  it('also where a room exists that is named like something of the language', async () => {
    const { ask, log } = chatApp()
    await appendAll(log, '__proto__', ['x'])
    expect((await sync(ask, '__proto__@0,constructor@0')).rooms.map(({ room }) => room)).toEqual(['__proto__'])
  })
})

it('a log that cannot be read is a 503 for all', async () => {
  const { ask, log } = chatApp()
  await log.close()
  expect(await refusal(ask('/v1/sync?after=a@0,b@0'))).toBe('503 log-unavailable')
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate)
}
