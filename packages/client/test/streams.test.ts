import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createClient } from '../src/index.ts'
import type { FetchLike, Follow } from '../src/types.ts'
import { cursorOf, message, run } from './script.ts'

/** A server of event streams: each request is a stream that the test writes to. */
class Streams {
  readonly asked: { url: string; at: number; headers: Record<string, string>; signal: AbortSignal }[] = []
  answer: { status: number; type: string; body: string } | undefined
  #write: (text: string) => void = () => undefined
  #end: () => void = () => undefined
  readonly #beganAt = performance.now()

  readonly fetch: FetchLike = async (url, { headers, signal }) => {
    this.asked.push({ url, headers, signal, at: Math.round(performance.now() - this.#beganAt) })
    const { status, type, body } = this.answer ?? { status: 200, type: 'text/event-stream', body: '' }
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        this.#write = (text) => controller.enqueue(new TextEncoder().encode(text))
        this.#end = () => controller.close()
        signal.addEventListener('abort', () => controller.error(signal.reason))
      },
    })
    return { status, headers: new Headers({ 'content-type': type }), text: async () => body, body: stream }
  }

  raw(text: string): void {
    this.#write(text)
  }

  event(name: string, data: object): void {
    this.#write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  ready(index: number): void {
    this.event('ready', { after: cursorOf(index), heartbeat_s: 20 })
  }

  batch(...indexes: number[]): void {
    this.event('batch', { messages: indexes.map((index) => message(index)), next: cursorOf(indexes.at(-1) ?? 0) })
  }

  cut(): void {
    this.#end()
  }
}

function start(streams: Streams, stopAt?: string) {
  const controller = new AbortController()
  const followed: { events: Follow[]; error: unknown; isOver: boolean } = {
    events: [],
    error: undefined,
    isOver: false,
  }
  const client = createClient({ url: 'http://x', key: 'k', fetch: streams.fetch })
  const following = async () => {
    try {
      for await (const event of client.follow('lobby', { mode: 'sse', signal: controller.signal })) {
        followed.events.push(event)
        if (event.type === 'batch' && event.batch.messages.some(({ text }) => text === stopAt)) break
      }
    } catch (error) {
      followed.error = error
    }
    followed.isOver = true
  }
  void following()
  const texts = () =>
    followed.events.flatMap((event) => (event.type === 'batch' ? event.batch.messages.map(({ text }) => text) : []))
  const states = () => followed.events.flatMap((event) => (event.type === 'status' ? [event.status] : []))
  return { followed, abort: () => controller.abort(), texts, states }
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-22T09:00:00Z') })
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('reads one open answer, with the key in a header, and is live when the stream is ready', async () => {
  const streams = new Streams()
  const { texts, states, abort, followed } = start(streams)
  await run(40)
  expect(states()).toEqual([])
  streams.ready(0)
  await run(1)
  expect(states()).toEqual([{ state: 'live', latencyMs: 40 }])
  streams.batch(1, 2)
  await run(60_000 / 4)
  streams.batch(3)
  await run(1)
  expect(texts()).toEqual(['a1', 'a2', 'a3'])
  expect(streams.asked.map(({ url }) => url)).toEqual(['http://x/v1/rooms/lobby/events?after=0&limit=500'])
  expect(streams.asked[0]?.headers).toMatchObject({ authorization: 'Bearer k' })
  abort()
  await run(1)
  expect([followed.isOver, followed.error, streams.asked[0]?.signal.aborted]).toEqual([true, undefined, true])
})

test('an event may come in any pieces, many at once, and with what this version does not know', async () => {
  const streams = new Streams()
  const { texts } = start(streams)
  await run(1)
  streams.raw('retry: 1000\nevent: rea')
  streams.raw(`dy\nid: 0\ndata: {"after":"0","heartbeat_s":20}\n`)
  await run(1)
  streams.raw('\n: heartbeat\n\nevent: weather\ndata: {"sky":"blue"}\n\n')
  streams.batch(1)
  streams.batch(2)
  await run(1)
  expect(texts()).toEqual(['a1', 'a2'])
})

test('a stream on which nothing comes, not even a heartbeat, is given up and resumed from its cursor', async () => {
  const streams = new Streams()
  const { states, texts } = start(streams)
  await run(0)
  streams.ready(0)
  streams.batch(1)
  for (let beat = 0; beat < 3; beat++) {
    await run(20_000)
    streams.raw(': heartbeat\n\n')
  }
  await run(29_900)
  expect(streams.asked).toHaveLength(1)
  await run(500)
  expect(states().at(-1)).toMatchObject({ state: 'reconnecting', attempt: 1, reason: 'nothing came for 30 s' })
  expect(streams.asked).toHaveLength(2)
  expect(streams.asked[1]?.url).toContain(`after=${encodeURIComponent(cursorOf(1))}`)
  expect(streams.asked[0]?.signal.aborted).toBe(true)
  streams.ready(1)
  streams.batch(2)
  await run(1)
  expect(texts()).toEqual(['a1', 'a2'])
})

test('a stream that is gathered on the way, so that not even its beginning comes, is given up after 10 s', async () => {
  const streams = new Streams()
  const { states } = start(streams)
  await run(10_300)
  expect(states()).toMatchObject([{ state: 'reconnecting', reason: 'nothing came for 10 s' }])
})

test('a stream that is cut in an event loses nothing', async () => {
  const streams = new Streams()
  const { texts, states } = start(streams)
  await run(0)
  streams.ready(0)
  streams.batch(1)
  streams.raw('event: batch\ndata: {"mess')
  streams.cut()
  await run(300)
  expect(states().at(-1)).toMatchObject({ state: 'reconnecting', reason: 'the connection was cut' })
  streams.ready(1)
  streams.batch(2)
  await run(1)
  expect(texts()).toEqual(['a1', 'a2'])
})

test('a stream whose time is over is followed by another at once, without a word', async () => {
  const streams = new Streams()
  const { texts, states } = start(streams)
  await run(0)
  streams.ready(0)
  streams.batch(1)
  await run(5)
  streams.event('end', { reason: 'rotate' })
  await run(0)
  expect(streams.asked).toHaveLength(2)
  streams.ready(1)
  streams.batch(2)
  await run(1)
  expect(texts()).toEqual(['a1', 'a2'])
  expect(states()).toHaveLength(1)
})

test('after the end of a server that shuts down or is full it comes back in about a second', async () => {
  const streams = new Streams()
  start(streams)
  await run(0)
  streams.ready(0)
  await run(100)
  streams.event('end', { reason: 'drain' })
  await run(10_000)
  expect(streams.asked.map(({ at }) => at)).toEqual([0, 1_100])
})

test('a reset is told, and the same stream goes on', async () => {
  const streams = new Streams()
  const { followed, texts } = start(streams)
  await run(0)
  streams.ready(0)
  streams.event('reset', { reason: 'ahead', oldest: '0', newest: cursorOf(1) })
  streams.batch(1)
  await run(1)
  expect(followed.events).toContainEqual({ type: 'reset', reason: 'ahead', oldest: '0', newest: cursorOf(1) })
  expect(texts()).toEqual(['a1'])
  expect(streams.asked).toHaveLength(1)
})

test('what the server refuses is thrown; a page of something else may pass', async () => {
  const refusing = new Streams()
  const problem = { type: 'about:blank', title: '', status: 401, code: 'key-required', detail: 'Send the key.' }
  refusing.answer = { status: 401, type: 'application/problem+json', body: JSON.stringify(problem) }
  const refused = start(refusing)
  await run(1)
  expect(refused.followed.error).toMatchObject({ code: 'key-required', message: 'Send the key.' })

  const portal = new Streams()
  portal.answer = { status: 200, type: 'text/html', body: '<h1>Log in</h1>' }
  const { states } = start(portal)
  await run(1)
  expect(states()).toMatchObject([{ state: 'reconnecting', reason: expect.stringContaining('not a poll-chat server') }])
})

test.each([
  ['a stream that begins with something else', { messages: [], next: '0' }, 'batch'],
  ['an event that is not whole', { after: 7 }, 'ready'],
])('%s is no stream of ours', async (_name, data, event) => {
  const streams = new Streams()
  const { states } = start(streams)
  await run(0)
  streams.event(event, data)
  await run(1)
  expect(states()).toMatchObject([{ reason: 'the stream is not one of a poll-chat server' }])
})

test('a consumer that breaks leaves nothing open', async () => {
  const streams = new Streams()
  const { followed } = start(streams, 'a1')
  await run(0)
  streams.ready(0)
  streams.batch(1)
  await run(1)
  expect([followed.isOver, streams.asked[0]?.signal.aborted, vi.getTimerCount()]).toEqual([true, true, 0])
})
