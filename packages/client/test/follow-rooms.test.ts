import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createClient } from '../src/index.ts'
import type { FollowRoomsOptions, RoomsFollow } from '../src/types.ts'
import { after, cursorOf, json, message, refused, run, Script, type Step } from './script.ts'

type News = { room: string; batch?: object; reset?: object; problem?: object }

const answer = (next: string, ...rooms: News[]): Step => json(200, { rooms, next })

const batch = (room: string, first: number, last: number): News => {
  const messages = Array.from({ length: last - first + 1 }, (_, i) => ({ ...message(first + i), room }))
  return { room, batch: { messages, next: cursorOf(last) } }
}

function start(script: Script, rooms: Record<string, string | undefined>, options: Partial<FollowRoomsOptions> = {}) {
  const controller = new AbortController()
  const client = createClient({ url: 'http://x', fetch: script.fetch })
  const followed: { events: RoomsFollow[]; ended: boolean; error: unknown } = {
    events: [],
    ended: false,
    error: undefined,
  }
  const following = async () => {
    const places = new Map(Object.entries(rooms))
    try {
      for await (const event of client.followRooms({ rooms: places, signal: controller.signal, ...options }))
        followed.events.push(event)
    } catch (error) {
      followed.error = error
    }
    followed.ended = true
  }
  void following()
  const lines = () =>
    followed.events.flatMap((event) =>
      event.type === 'batch' ? event.batch.messages.map(({ text }) => `${event.room} ${text}`) : [],
    )
  return { followed, lines, abort: () => controller.abort() }
}

/** What was asked after, without what is the same in every question. */
const asked = (script: Script) =>
  script.questions.map((question) => {
    const query = new URL(question).searchParams
    return `${query.get('after')} ${query.get('wait')}`
  })

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-22T09:00:00Z') })
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('asks once without waiting, then hangs, from where each room stands', async () => {
  const [c1, c3] = [cursorOf(1), cursorOf(3)]
  const script = new Script([
    answer(`a@${c1},b@${c3}`, batch('a', 1, 1)),
    after(5_000, answer(`a@${c1},b@${cursorOf(4)}`, batch('b', 4, 4))),
    after(25_000, answer(`a@${c1},b@${cursorOf(4)}`)),
  ])
  const { lines, followed } = start(script, { a: '0', b: undefined })
  await run(31_000)
  expect(asked(script)).toEqual([
    'a@0,b 0',
    `a@${c1},b@${c3} 25`,
    `a@${c1},b@${cursorOf(4)} 25`,
    `a@${c1},b@${cursorOf(4)} 25`,
  ])
  expect(lines()).toEqual(['a a1', 'b a4'])
  expect(followed.events.filter(({ type }) => type === 'status')).toHaveLength(1)
})

test('a room that is reset goes on from its oldest, and yields nothing again; the others do not notice', async () => {
  const reset = { reason: 'ahead', oldest: '0', newest: cursorOf(1) }
  const script = new Script([
    answer(`a@${cursorOf(1)},b@${cursorOf(1)}`, batch('a', 1, 1), batch('b', 1, 1)),
    answer(`a@0,b@${cursorOf(2)}`, { room: 'a', reset }, batch('b', 2, 2)),
    answer(`a@${cursorOf(2)},b@${cursorOf(2)}`, batch('a', 1, 2)),
  ])
  const { followed, lines } = start(script, { a: '0', b: '0' })
  await run(10)
  expect(followed.events).toContainEqual({ type: 'reset', room: 'a', ...reset })
  expect(lines()).toEqual(['a a1', 'b a1', 'b a2', 'a a2'])
})

test('a room that may not be read is told and left out; without any it ends', async () => {
  const problem = { type: 'about:blank', title: '', status: 404, code: 'not-found', detail: 'No such room.' }
  const script = new Script([answer('a@0,b@0', { room: 'a', problem }), answer('b@0', { room: 'b', problem })])
  const { followed } = start(script, { a: '0', b: '0' })
  await run(10)
  expect(asked(script)).toEqual(['a@0,b@0 0', 'b@0 25'])
  expect(followed.events.filter(({ type }) => type === 'refused')).toMatchObject([
    { room: 'a', error: { code: 'not-found', message: 'No such room.' } },
    { room: 'b' },
  ])
  expect([followed.ended, followed.error]).toEqual([true, undefined])
})

test('comes back with longer and longer pauses, and asks without waiting until it is live', async () => {
  const script = new Script([answer('a@0'), refused(), refused(), answer('a@0'), 'hang'])
  const { followed } = start(script, { a: '0' })
  await run(2_000)
  expect(asked(script)).toEqual(['a@0 0', 'a@0 25', 'a@0 0', 'a@0 0', 'a@0 25'])
  expect(script.times).toEqual([0, 0, 250, 750, 750])
  expect(followed.events.map((event) => event.type === 'status' && event.status.state)).toEqual([
    'live',
    'reconnecting',
    'reconnecting',
    'live',
  ])
})

test('an answer that is not one of a sync is not believed, and a refusal of all is thrown', async () => {
  const odd = start(new Script([json(200, { rooms: [{ room: 'a', batch: { messages: 1 } }], next: '' })]), { a: '0' })
  const refusal = { code: 'key-required', status: 401, detail: 'Send the key.' }
  const refusedAll = start(new Script([json(401, refusal)]), { a: '0' })
  await run(10)
  expect(odd.followed.events).toMatchObject([{ type: 'status', status: { state: 'reconnecting' } }])
  expect(refusedAll.followed.error).toMatchObject({ code: 'key-required' })
})

test('an abort ends it and leaves nothing', async () => {
  const script = new Script([answer('a@0'), 'hang'])
  const { followed, abort } = start(script, { a: '0' })
  await run(10)
  expect(script.hanging).toBe(1)
  abort()
  await run(0)
  expect([followed.ended, followed.error, script.hanging, vi.getTimerCount()]).toEqual([true, undefined, 0, 0])
})

test('who has seen an empty room is told of what was said there and is gone', async () => {
  const news = batch('a', 4, 4)
  const script = new Script([
    answer('a@0'),
    answer(`a@${cursorOf(4)}`, { ...news, batch: { ...news.batch, trimmed: true } }),
  ])
  const { followed, abort } = start(script, { a: '0' })
  await run(1_000)
  const told = followed.events.filter(({ type }) => type !== 'status')
  expect(told.map(({ type }) => type)).toEqual(['reset', 'batch'])
  expect(told[0]).toMatchObject({ room: 'a', reason: 'trimmed' })
  abort()
})
