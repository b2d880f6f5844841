import { ChatError, cursorAfter, MAX_WAITERS } from '@poll-chat/protocol'
import { expect, it, vi } from 'vitest'
import { PromisedWaiter } from '../../src/hub/waiter.ts'
import { chatApp } from '../chat-app.ts'
import { appendAll, draft, numbered } from '../drafts.ts'
import { refusal } from '../http.ts'
import { fakeClock } from '../hub/fake-clock.ts'
import { eventReader } from './event-reader.ts'

const PATH = '/v1/rooms/lobby/events'

async function follow(app: ReturnType<typeof chatApp>, query = '', headers: Record<string, string> = {}) {
  const response = await app.ask(`${PATH}${query}`, { headers })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return eventReader(response)
}

it('says that nothing on the way may keep, change or gather it', async () => {
  const response = await chatApp().ask(PATH)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  })
})

it('begins at the head, where it says it is, and gives a batch for what comes, with its `next` as id', async () => {
  const app = chatApp()
  await appendAll(app.log, 'lobby', ['old'])
  const { next: head } = await app.log.page('lobby', 1)
  const { next } = await follow(app)
  expect(await next()).toEqual({ event: 'ready', id: head, data: { after: head, heartbeat_s: 20 } })
  const { message } = await app.log.append(draft('lobby', 'new'))
  const cursor = cursorAfter(message)
  expect(await next()).toEqual({ event: 'batch', id: cursor, data: { messages: [message], next: cursor } })
})

it('begins after a cursor, in batches of the limit', async () => {
  const app = chatApp()
  const messages = await appendAll(app.log, 'lobby', numbered(5))
  const { next } = await follow(app, '?after=1&limit=2')
  expect(await next()).toMatchObject({ event: 'ready', data: { after: '1' } })
  expect(await next()).toMatchObject({ event: 'batch', data: { messages: messages.slice(1, 3) } })
  expect(await next()).toMatchObject({ event: 'batch', data: { messages: messages.slice(3, 5) } })
})

it('Last-Event-ID, which browsers send when they come back, goes before `after`; an empty one is none', async () => {
  const app = chatApp()
  const messages = await appendAll(app.log, 'lobby', numbered(3))
  const again = await follow(app, '?after=0', { 'Last-Event-ID': cursorAfter(messages[1] ?? { index: 0, id: '' }) })
  await again.next()
  expect(await again.next()).toMatchObject({ data: { messages: [messages[2]] } })
  const first = await follow(app, '?after=0', { 'Last-Event-ID': '' })
  expect(await first.next()).toMatchObject({ data: { after: '0' } })
})

it.each([
  ['?after=0', '7', 'ahead'],
  ['?after=0', '1~00000000', 'diverged'],
  ['?after=9', '', 'ahead'],
])('tells of a reset instead of a 410, and goes on from the oldest: %s %s', async (query, id, reason) => {
  const app = chatApp()
  const messages = await appendAll(app.log, 'lobby', ['a', 'b'])
  const { next } = await follow(app, query, { 'Last-Event-ID': id })
  expect(await next()).toMatchObject({ event: 'ready', data: { after: '0' } })
  const newest = messages[1] && cursorAfter(messages[1])
  expect(await next()).toEqual({ event: 'reset', id: '0', data: { reason, oldest: '0', newest } })
  expect(await next()).toMatchObject({ event: 'batch', data: { messages } })
})

it('what cannot be a stream is a problem document', async () => {
  const { ask, log } = chatApp()
  expect(await refusal(ask(`${PATH}?after=x`))).toBe('400 bad-cursor')
  expect(await refusal(ask(PATH, { headers: { 'Last-Event-ID': 'x' } }))).toBe('400 bad-cursor')
  expect(await refusal(ask(`${PATH}?limit=0`))).toBe('400 bad-request')
  expect(await refusal(ask('/v1/rooms/a%20b/events'))).toBe('400 bad-request')
  await log.close()
  expect(await refusal(ask(`${PATH}?after=0`))).toBe('503 log-unavailable')
})

it('a silent stream has a comment every 20 s, and all streams together one timer', async () => {
  const clock = fakeClock()
  const app = chatApp()
  const streams = await Promise.all(Array.from({ length: 10 }, () => follow(app)))
  for (const { next } of streams) await next()
  const comments = streams.map(({ next }) => next())
  await clock.advance(19_900)
  expect(clock.timers()).toBe(1)
  expect(await Promise.race([...comments, 'nothing yet'])).toBe('nothing yet')
  await clock.advance(400)
  expect(await Promise.all(comments)).toEqual(streams.map(() => ({ event: ':', id: undefined, data: undefined })))
})

it('a stream ends by itself between 5 and 10 minutes, and another at another time', async () => {
  const clock = fakeClock()
  const app = chatApp()
  const lifeOf = async () => {
    const startedAt = clock.now()
    const { next } = await follow(app)
    for (;;) {
      const event = await next()
      if (event?.event !== 'end') continue
      expect(event.data).toEqual({ reason: 'rotate' })
      expect(await next()).toBeUndefined()
      return clock.now() - startedAt
    }
  }
  const lives = Promise.all(Array.from({ length: 20 }, lifeOf))
  await clock.advance(11 * 60_000)
  const minutes = (await lives).map((ms) => ms / 60_000)
  expect(Math.min(...minutes)).toBeGreaterThanOrEqual(5)
  expect(Math.max(...minutes)).toBeLessThan(10.5)
  expect(new Set(minutes.map((life) => life.toFixed(1))).size).toBeGreaterThan(3)
})

it('a server that has as many waiters as it may have ends the stream and says why', async () => {
  const app = chatApp()
  for (let i = 0; i < MAX_WAITERS; i++) {
    app.hub.ask(new PromisedWaiter(), { room: 'other', after: { index: 0 }, limit: 1, waitSeconds: 55 })
  }
  const { next } = await follow(app)
  expect(await next()).toMatchObject({ event: 'ready' })
  expect(await next()).toMatchObject({ event: 'end', data: { reason: 'full' } })
  await app.hub.drain(0)
})

it('a stream whose reader goes away leaves nothing behind', async () => {
  const clock = fakeClock()
  const app = chatApp()
  const streams = await Promise.all(Array.from({ length: 10 }, () => follow(app)))
  for (const { next } of streams) await next()
  const pending = streams.map(({ next }) => next())
  await clock.turn()
  expect(app.hub.waiting).toBe(10)
  for (const { cancel } of streams) await cancel()
  await clock.turn()
  expect(await Promise.all(pending)).toEqual(streams.map(() => undefined))
  expect([app.hub.waiting, app.hub.rooms, clock.timers()]).toEqual([0, 0, 0])
  expect(app.lines).toEqual([])
})

it('a log that fails under a stream ends it, and the server’s own log says why', async () => {
  const app = chatApp()
  const { next } = await follow(app)
  await next()
  const ended = next()
  vi.spyOn(app.log, 'read').mockImplementationOnce(() => {
    throw new ChatError('log-unavailable', 'The disk is gone.')
  })
  await app.log.append(draft('lobby', 'x'))
  expect(await ended).toBeUndefined()
  expect(app.lines.join('')).toContain('The disk is gone.')
})
