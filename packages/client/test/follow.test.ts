import { ChatError } from '@poll-chat/protocol'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient } from '../src/index.ts'
import {
  after,
  batch,
  cursorOf,
  json,
  message,
  refused,
  reset,
  run,
  Script,
  startFollowing,
  statesOf,
  textsOf,
} from './script.ts'

const C = encodeURIComponent
const HOUR = 3_600_000

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-22T09:00:00Z') })
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('polling', () => {
  test('asks every intervalMs, from where it stands, and says the round trip of each', async () => {
    const script = new Script([after(30, batch(1, 2)), after(40, batch(3, 2)), after(50, batch(3, 3))])
    const followed = startFollowing(script, { mode: 'poll', intervalMs: 2_000 })
    await run(4_500)
    expect(script.questions).toEqual([
      'messages?after=0&limit=500',
      `messages?after=${C(cursorOf(2))}&limit=500`,
      `messages?after=${C(cursorOf(2))}&limit=500`,
    ])
    expect(script.times).toEqual([0, 2_030, 4_070])
    expect(followed.events).toEqual([
      { type: 'status', status: { state: 'live', latencyMs: 30 } },
      expect.objectContaining({ type: 'batch', batch: { messages: expect.anything(), next: cursorOf(2) } }),
      { type: 'status', status: { state: 'live', latencyMs: 40 } },
      { type: 'status', status: { state: 'live', latencyMs: 50 } },
      expect.objectContaining({ type: 'batch' }),
    ])
    expect(textsOf(followed)).toEqual(['a1', 'a2', 'a3'])
  })

  test('a full page is followed by the next at once', async () => {
    const script = new Script([batch(1, 500), batch(501, 1_000), batch(1_001, 1_001)])
    const followed = startFollowing(script, { mode: 'poll' })
    await run(900)
    expect(script.questions).toHaveLength(3)
    expect(textsOf(followed)).toHaveLength(1_001)
  })

  test('goes on from a cursor that is given', async () => {
    const script = new Script([batch(8, 8)])
    startFollowing(script, { mode: 'poll', after: '7' })
    await run(10)
    expect(script.questions).toEqual(['messages?after=7&limit=500'])
  })

  test('a full page of nothing new is not asked for again at once', async () => {
    const script = new Script([batch(1, 500), batch(1, 500), batch(1, 500)])
    startFollowing(script, { mode: 'poll' })
    await run(900)
    expect(script.questions).toHaveLength(2)
  })
})

describe('long polling', () => {
  test('asks once without waiting, then hangs, and asks again at once', async () => {
    const script = new Script([after(20, batch(1, 1)), after(9_000, batch(2, 2)), after(25_000, batch(3, 2))])
    const followed = startFollowing(script, { mode: 'long' })
    await run(40_000)
    expect(script.questions).toEqual([
      'messages?after=0&limit=500&wait=0',
      `messages?after=${C(cursorOf(1))}&limit=500&wait=25`,
      `messages?after=${C(cursorOf(2))}&limit=500&wait=25`,
      `messages?after=${C(cursorOf(2))}&limit=500&wait=25`,
    ])
    expect(script.times).toEqual([0, 20, 9_020, 34_020])
    expect(statesOf(followed)).toEqual([{ state: 'live', latencyMs: 20 }])
    expect(textsOf(followed)).toEqual(['a1', 'a2'])
  })

  test('the wait is between a second and what the server allows', async () => {
    const waits = []
    for (const waitSeconds of [0, 7, 600]) {
      const script = new Script([batch(1, 0)])
      const followed = startFollowing(script, { mode: 'long', waitSeconds })
      await run(10)
      waits.push(script.questions[1]?.match(/wait=.*/)?.[0])
      followed.abort()
    }
    expect(waits).toEqual(['wait=1', 'wait=7', 'wait=55'])
  })

  test('an empty answer that came much too early is followed by a pause of about a second', async () => {
    const script = new Script([batch(1, 0), batch(1, 0), after(12_000, batch(1, 0)), after(13_000, batch(1, 0))])
    startFollowing(script, { mode: 'long' })
    await run(28_500)
    expect(script.times).toEqual([0, 0, 1_000, 14_000, 27_000])
  })

  test('an answer with nothing new in it is no reason for a hot loop either', async () => {
    const script = new Script([batch(1, 2), batch(1, 2), batch(1, 2)])
    const followed = startFollowing(script, { mode: 'long' })
    await run(900)
    expect(script.questions).toHaveLength(2)
    expect(textsOf(followed)).toEqual(['a1', 'a2'])
  })

  test('a request that is not answered is given up 10 s after its wait', async () => {
    const script = new Script([batch(1, 0)])
    const followed = startFollowing(script, { mode: 'long' })
    await run(34_900)
    expect(statesOf(followed)).toHaveLength(1)
    await run(100)
    expect(statesOf(followed)[1]).toMatchObject({ state: 'reconnecting', reason: 'no answer within 35 s' })
  })
})

describe('reconnecting', () => {
  test('says when, why and how often, pauses with growing jitter, and says when it is live again', async () => {
    const script = new Script([
      refused(),
      refused(),
      json(503, { code: 'draining', detail: 'Back soon.' }),
      after(15, batch(1, 1)),
    ])
    const start = Date.now()
    const followed = startFollowing(script, { mode: 'long' })
    await run(2_000)
    expect(script.times.slice(0, 4)).toEqual([0, 250, 750, 1_750])
    expect(statesOf(followed)).toEqual([
      { state: 'reconnecting', retryAt: start + 250, attempt: 1, reason: 'connection refused' },
      { state: 'reconnecting', retryAt: start + 750, attempt: 2, reason: 'connection refused' },
      { state: 'reconnecting', retryAt: start + 1_750, attempt: 3, reason: 'the server answered 503: Back soon.' },
      { state: 'live', latencyMs: 15 },
    ])
    expect(script.questions[3]).toMatch(/wait=0$/)
    expect(textsOf(followed)).toEqual(['a1'])
  })

  test('Retry-After is a minimum', async () => {
    const script = new Script([json(503, { code: 'draining', detail: '' }, { 'retry-after': '9' })])
    startFollowing(script, { mode: 'poll' })
    await run(9_249)
    expect(script.questions).toHaveLength(1)
    await run(1)
    expect(script.questions).toHaveLength(2)
  })

  test('a limit of the server is obeyed as long as it says', async () => {
    const refusal = { status: 429, code: 'too-many-requests', detail: 'Slower.', retry_after_ms: 9_000 }
    const script = new Script([json(429, refusal, { 'retry-after': '9' }), batch(1, 1)])
    const followed = startFollowing(script, { mode: 'long' })
    await run(8_999)
    expect(script.questions).toHaveLength(1)
    await run(1_001)
    expect(textsOf(followed)).toEqual(['a1'])
  })

  test('a line that lets only quick answers through is not asked ever faster', async () => {
    const flapping = Array.from({ length: 20 }, () => [batch(1, 0), refused()]).flat()
    const script = new Script(flapping)
    startFollowing(script, { mode: 'long' })
    await run(60_000)
    expect(script.questions.length).toBeLessThan(20)
  })

  test('the pauses start over when a message came through', async () => {
    const script = new Script([refused(), refused(), batch(1, 1), refused()])
    const followed = startFollowing(script, { mode: 'long' })
    await run(1_000)
    expect(statesOf(followed).at(-1)).toMatchObject({ state: 'reconnecting', attempt: 1 })
  })

  test.each([408, 425, 429, 500, 502, 504])('a %i passes', async (status) => {
    const script = new Script([json(status, {}), batch(1, 1)])
    const followed = startFollowing(script, { mode: 'poll' })
    await run(500)
    expect(textsOf(followed)).toEqual(['a1'])
  })

  test.each([400, 401, 403, 404, 405, 414, 431])('a %i ends it, at the first request and later', async (status) => {
    const first = startFollowing(new Script([json(status, {})]), { mode: 'poll' })
    const later = startFollowing(new Script([batch(1, 1), json(status, {})]), { mode: 'long' })
    await run(500)
    for (const followed of [first, later]) expect(followed.ended).toMatchObject({ error: { status } })
    expect(first.ended).toMatchObject({ error: expect.any(ChatError) })
  })

  test('the same messages again, in part or with others, are yielded once', async () => {
    const script = new Script([batch(1, 3), batch(2, 4), batch(1, 2), batch(5, 5)])
    const followed = startFollowing(script, { mode: 'poll', intervalMs: 100 })
    await run(1_000)
    expect(textsOf(followed)).toEqual(['a1', 'a2', 'a3', 'a4', 'a5'])
    expect(script.questions[3]).toContain(C(cursorOf(4)))
  })
})

describe('a log that started over', () => {
  test('is told, read from its oldest, and yields only what was not yielded before', async () => {
    const script = new Script([
      batch(1, 3),
      reset('ahead', '0', cursorOf(2)),
      batch(1, 2),
      batch(3, 3, { history: 'b' }),
    ])
    const followed = startFollowing(script, { mode: 'long' })
    await run(2_000)
    expect(script.questions[2]).toBe('messages?after=0&limit=500&wait=25')
    expect(followed.events).toContainEqual({ type: 'reset', reason: 'ahead', oldest: '0', newest: cursorOf(2) })
    expect(textsOf(followed)).toEqual(['a1', 'a2', 'a3', 'b3'])
  })

  test('goes on after what was trimmed', async () => {
    const script = new Script([reset('trimmed', cursorOf(40), cursorOf(50)), batch(41, 50)])
    const followed = startFollowing(script, { mode: 'poll', after: cursorOf(3) })
    await run(2_000)
    expect(statesOf(followed)[0]).toEqual({ state: 'live', latencyMs: 0 })
    expect(script.questions[1]).toContain(C(cursorOf(40)))
    expect(textsOf(followed)).toHaveLength(10)
  })

  test('in an inbox the oldest is acknowledged', async () => {
    const script = new Script([batch(1, 0), reset('diverged', cursorOf(2, 'b'), cursorOf(9, 'b'))])
    startFollowing(script, { mode: 'long', inbox: true })
    await run(500)
    expect(script.questions[2]).toBe(`inbox?uid=bob&ack=${C(cursorOf(2, 'b'))}&limit=500&wait=25`)
  })

  test('who has seen an empty room is told of what was said there and is gone', async () => {
    const trimmed = json(200, { messages: [message(4)], next: cursorOf(4), trimmed: true })
    const followed = startFollowing(new Script([batch(1, 0), trimmed]), { mode: 'long' })
    await run(1_000)
    const news = followed.events.flatMap((event) => (event.type === 'status' ? [] : event.type))
    expect(news).toEqual(['reset', 'batch'])
    expect(followed.events).toContainEqual({ type: 'reset', reason: 'trimmed', oldest: '0', newest: cursorOf(4) })
    followed.abort()
  })

  test('the first reset is followed at once, repeated ones with growing pauses', async () => {
    const script = new Script(Array.from({ length: 40 }, () => reset()))
    const followed = startFollowing(script, { mode: 'poll' })
    await run(20_000)
    expect(script.times.slice(0, 5)).toEqual([0, 0, 250, 750, 1_750])
    expect(script.questions.length).toBeLessThan(10)
    expect(followed.ended).toBeUndefined()
  })

  test('two logs behind one address are not a hot loop', async () => {
    const steps = Array.from({ length: 40 }, () => [reset(), batch(1, 2)]).flat()
    const script = new Script(steps)
    startFollowing(script, { mode: 'long' })
    await run(20_000)
    expect(script.questions.length).toBeLessThan(30)
  })

  test('a reset long after another is followed at once again', async () => {
    const script = new Script([
      reset(),
      batch(1, 1),
      after(25_000, batch(2, 1)),
      after(25_000, batch(2, 1)),
      after(25_000, batch(2, 1)),
      reset(),
    ])
    startFollowing(script, { mode: 'long' })
    await run(80_000)
    const [again, then] = script.times.slice(5)
    expect(then).toBe(again)
  })
})

describe('an inbox', () => {
  test('starts at the place that the server remembers, and acknowledges what was yielded', async () => {
    const script = new Script([batch(8, 9), after(3_000, batch(10, 10))])
    const followed = startFollowing(script, { mode: 'long', inbox: true, waitSeconds: 20 })
    await run(4_000)
    expect(script.questions).toEqual([
      'inbox?uid=bob&limit=500&wait=0',
      `inbox?uid=bob&ack=${C(cursorOf(9))}&limit=500&wait=20`,
      `inbox?uid=bob&ack=${C(cursorOf(10))}&limit=500&wait=20`,
    ])
    expect(textsOf(followed)).toEqual(['a8', 'a9', 'a10'])
  })

  test('nothing is acknowledged before the consumer asked for more', async () => {
    const script = new Script([batch(1, 1)])
    const events = createClient({ url: 'http://x', uid: 'bob', fetch: script.fetch })
      .follow('lobby', { mode: 'long', inbox: true })
      [Symbol.asyncIterator]()
    const live = events.next()
    await run(10)
    await live
    expect((await events.next()).value).toMatchObject({ type: 'batch' })
    await run(HOUR)
    expect(script.questions).toEqual(['inbox?uid=bob&limit=500&wait=0'])
  })

  test('after a lost acknowledgement the same comes again, and is yielded once', async () => {
    const script = new Script([batch(1, 2), refused(), batch(1, 2), batch(3, 3)])
    const followed = startFollowing(script, { mode: 'long', inbox: true })
    await run(5_000)
    expect(textsOf(followed)).toEqual(['a1', 'a2', 'a3'])
  })

  test('superseded, it leaves the inbox to the other and goes on from its own cursor', async () => {
    const script = new Script([batch(1, 4), after(2_000, batch(5, 2, { superseded: true })), batch(5, 5), refused()])
    const followed = startFollowing(script, { mode: 'long', inbox: true })
    await run(2_300)
    expect(script.questions.slice(2)).toEqual([
      `messages?after=${C(cursorOf(4))}&limit=500&wait=25`,
      `messages?after=${C(cursorOf(5))}&limit=500&wait=25`,
      `messages?after=${C(cursorOf(5))}&limit=500&wait=0`,
    ])
    expect(textsOf(followed)).toEqual(['a1', 'a2', 'a3', 'a4', 'a5'])
  })
})

test('a server that calls everything superseded is no reason for a hot loop', async () => {
  const script = new Script(Array.from({ length: 40 }, () => batch(1, 0, { superseded: true })))
  startFollowing(script, { mode: 'long', inbox: true })
  await run(5_000)
  expect(script.questions.length).toBeLessThan(9)
})

test('a time to come again that lies in the past is not believed', async () => {
  const script = new Script([json(503, { code: 'draining', detail: '', retry_after_ms: -9_000 })])
  startFollowing(script, { mode: 'poll' })
  await run(249)
  expect(script.questions).toHaveLength(1)
})

describe('its end', () => {
  test.each<[string, ConstructorParameters<typeof Script>[0], number]>([
    ['in a hung request', [batch(1, 1)], 5_000],
    ['in the first request', [], 100],
    ['in the pause between polls', [batch(1, 0), batch(1, 0)], 100],
    ['in the pause before a retry', [refused()], 100],
  ])('an abort %s ends it at once and leaves nothing', async (_when, steps, atMs) => {
    const script = new Script(steps)
    const followed = startFollowing(script, { mode: 'long' })
    await run(atMs)
    followed.abort()
    await followed.done
    expect(followed.ended).toBe('aborted')
    expect(vi.getTimerCount()).toBe(0)
    expect(script.hanging).toBe(0)
  })

  test('each listener on the signal is taken off again', async () => {
    const controller = new AbortController()
    const added = vi.spyOn(controller.signal, 'addEventListener')
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    const script = new Script([batch(1, 1), refused(), batch(2, 2), batch(3, 2), reset(), reset(), json(404, {})])
    const client = createClient({ url: 'http://x', fetch: script.fetch })
    const following = (async () => {
      for await (const _event of client.follow('lobby', { mode: 'long', signal: controller.signal }));
    })().catch((error: unknown) => error)
    await run(60_000)
    expect(await following).toBeInstanceOf(ChatError)
    expect(added.mock.calls.length).toBeGreaterThan(7)
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('an abort while an event is consumed yields nothing more', async () => {
    const controller = new AbortController()
    const client = createClient({ url: 'http://x', fetch: new Script([batch(1, 1)]).fetch })
    const types: string[] = []
    const following = (async () => {
      for await (const event of client.follow('lobby', { mode: 'poll', signal: controller.signal })) {
        types.push(event.type)
        controller.abort()
      }
    })()
    await run(10)
    await following
    expect(types).toEqual(['status'])
  })

  test('an abort while the last event is consumed does not wait for the next poll', async () => {
    const controller = new AbortController()
    const client = createClient({ url: 'http://x', fetch: new Script([batch(1, 1)]).fetch })
    let ended = false
    const following = (async () => {
      for await (const event of client.follow('lobby', { mode: 'poll', signal: controller.signal })) {
        if (event.type === 'batch') controller.abort()
      }
      ended = true
    })()
    await run(10)
    expect(ended).toBe(true)
    await following
  })

  test('a consumer that breaks leaves nothing', async () => {
    const script = new Script([batch(1, 1), batch(2, 2)])
    const client = createClient({ url: 'http://x', fetch: script.fetch })
    const following = (async () => {
      for await (const event of client.follow('lobby', { mode: 'long' })) if (event.type === 'batch') break
    })()
    await run(10)
    await following
    expect(script.questions).toHaveLength(1)
    expect(script.hanging).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('an aborted signal asks nothing at all', async () => {
    const script = new Script([])
    const events = createClient({ url: 'http://x', fetch: script.fetch }).follow('lobby', {
      mode: 'poll',
      signal: AbortSignal.abort(),
    })
    for await (const event of events) expect.unreachable(event.type)
    expect(script.questions).toEqual([])
  })
})
