import { ChatError } from '@poll-chat/protocol'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ServerUnreachable } from '../src/failures.ts'
import { createClient } from '../src/index.ts'
import type { FetchLike } from '../src/types.ts'
import { FETCHES } from './fetches.ts'
import type { Fault } from './log-server.ts'
import { answer, LogServer, problem } from './log-server.ts'

describe.each(FETCHES)('over %s', (_name, open) => {
  let server: LogServer
  let opened: ReturnType<typeof open>

  beforeEach(async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0) // full jitter at its shortest: no pause between tries
    server = await LogServer.start()
    opened = open()
  })

  afterEach(async () => {
    vi.restoreAllMocks()
    await server.stop()
    await opened.close()
  })

  const client = () => createClient({ url: server.url, uid: 'alice', fetch: opened.fetch })

  test('a send is acknowledged with the message and the cursor after it', async () => {
    const sent = await client().send('grüß 你好', { room: 'lobby', id: 'build-7' })
    expect(sent.message).toMatchObject({ index: 1, id: 'build-7', text: 'grüß 你好', from: { uid: 'alice' } })
    expect(sent.next).toMatch(/^1~/)
    expect(server.seen).toHaveLength(1)
    expect(server.seen[0]).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
  })

  const FAULTS: [string, Fault][] = [
    ['the connection is cut before it', 'before'],
    ['half a head comes back', 'in-head'],
    ['half a body comes back', 'in-body'],
    ['a proxy answers 502', answer(502, { 'content-type': 'text/html' }, '')],
    ['a portal answers', answer(200, { 'content-type': 'text/html' }, 'Log in')],
    ['the server drains', problem({ status: 503, code: 'draining' })],
    ['the server cannot write', problem({ status: 503, code: 'log-unavailable' })],
    ['it came too slowly', problem({ status: 408, code: 'timeout' })],
    ['there were too many', problem({ status: 429, code: 'slow-down' })],
  ]

  test.each(FAULTS)('it is one message when %s', async (_what, fault) => {
    server.faults = [fault, fault]
    const sent = await client().send('once', { room: 'lobby' })
    expect(server.messages).toEqual([sent.message])
    const ids = server.seen.map(({ body }) => JSON.parse(body).id)
    expect(new Set(ids)).toEqual(new Set([sent.message.id]))
  })

  test('without an id each send is a message of its own', async () => {
    await client().send('same', { room: 'lobby' })
    await client().send('same', { room: 'lobby' })
    expect(server.messages).toHaveLength(2)
  })

  test('a refusal is not repeated', async () => {
    server.faults = [problem({ status: 422, code: 'id-reused' })]
    await expect(client().send('hi', { room: 'lobby' })).rejects.toMatchObject({ code: 'id-reused' })
    expect(server.seen).toHaveLength(1)
  })

  test('a restart in between is waited out', async () => {
    const { port } = server
    await server.stop()
    vi.spyOn(Math, 'random').mockReturnValue(0.1)
    const sending = client0(port).send('patient', { room: 'lobby' })
    await new Promise((resolve) => setImmediate(resolve))
    server = await LogServer.start(port)
    expect((await sending).message.text).toBe('patient')
  })

  const client0 = (port: number) => createClient({ url: `http://127.0.0.1:${port}`, fetch: opened.fetch })
})

describe('in time', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(1)
  })

  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  const settled = (promise: Promise<unknown>) =>
    promise.then(
      () => 'sent',
      (error: unknown) => error,
    )
  const refused: FetchLike = () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))
  const silent: FetchLike = (_url, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

  test('a last try that only ran out of time does not hide the reason of the one before', async () => {
    let tries = 0
    const fetch: FetchLike = (...asked) => (++tries === 1 ? refused(...asked) : silent(...asked))
    const outcome = settled(createClient({ url: 'http://x', fetch }).send('hi', { room: 'lobby', timeoutMs: 2_000 }))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await outcome).toMatchObject({ reason: 'connection refused', mayHaveArrived: true })
    expect(tries).toBe(2)
  })

  test('a pause that became longer than all of its time is not followed by another try', async () => {
    const fetch = vi.fn(refused)
    const outcome = settled(createClient({ url: 'http://x', fetch }).send('hi', { room: 'lobby', timeoutMs: 2_000 }))
    await vi.advanceTimersByTimeAsync(1)
    const now = performance.now()
    vi.spyOn(performance, 'now').mockReturnValue(now + 5_000) // as when the machine was asleep
    await vi.advanceTimersByTimeAsync(600)
    expect(await outcome).toMatchObject({ reason: 'connection refused', mayHaveArrived: false })
    expect(fetch).toHaveBeenCalledTimes(1)
  })

  test('it gives up after timeoutMs, and says that nothing was sent when nothing was', async () => {
    const fetch = vi.fn(refused)
    const outcome = settled(createClient({ url: 'http://x', fetch }).send('hi', { room: 'lobby', timeoutMs: 4_000 }))
    await vi.advanceTimersByTimeAsync(4_000)
    const error = await outcome
    expect(error).toBeInstanceOf(ServerUnreachable)
    expect(error).toMatchObject({
      reason: 'connection refused',
      mayHaveArrived: false,
      message: 'Not acknowledged within 4 s: connection refused. The message was not sent.',
    })
    expect(fetch).toHaveBeenCalledTimes(4) // at 0, 0.5, 1.5 and 3.5 s
    expect(vi.getTimerCount()).toBe(0)
  })

  test('it says that the outcome is unknown when one try may have arrived, also an earlier one', async () => {
    const fetch = vi.fn(refused).mockImplementationOnce(silent)
    const outcome = settled(createClient({ url: 'http://x', fetch }).send('hi', { room: 'lobby' }))
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await outcome).toMatchObject({
      mayHaveArrived: true,
      message: expect.stringContaining('It is unknown whether the message arrived.'),
      cause: { reason: 'connection refused' },
    })
  })

  test('one try takes no longer than 10 s, and never longer than is left', async () => {
    const started: number[] = []
    const fetch: FetchLike = (url, init) => {
      started.push(performance.now())
      return silent(url, init)
    }
    const begun = performance.now()
    const outcome = settled(createClient({ url: 'http://x', fetch }).send('hi', { room: 'lobby', timeoutMs: 12_000 }))
    await vi.advanceTimersByTimeAsync(12_000)
    expect(await outcome).toMatchObject({ reason: 'no answer within 10 s' })
    expect(started.map((at) => at - begun)).toEqual([0, 10_500])
  })

  test('Retry-After is waited for, and when it is beyond the time, there is no waiting', async () => {
    const busy: FetchLike = async () => ({
      status: 503,
      headers: new Headers({ 'retry-after': '20' }),
      text: async () => '',
    })
    const fetch = vi.fn(busy)
    const outcome = settled(createClient({ url: 'http://x', fetch }).send('hi', { room: 'lobby' }))
    await vi.advanceTimersByTimeAsync(20_400)
    expect(fetch).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(100)
    expect(fetch).toHaveBeenCalledTimes(2)
    expect(await outcome).toBeInstanceOf(ServerUnreachable)
  })

  test('a limit of the server is obeyed: the same message goes out again when its time is over', async () => {
    const bodies: string[] = []
    const limited: FetchLike = async (_url, { body }) => {
      bodies.push(String(body))
      const refusal = { status: 429, code: 'too-many-requests', detail: 'Too many sends.', retry_after_ms: 6_000 }
      return {
        status: 429,
        headers: new Headers({ 'content-type': 'application/problem+json', 'retry-after': '6' }),
        text: async () => JSON.stringify({ type: 'about:blank', title: 'Too many requests', ...refusal }),
      }
    }
    const outcome = settled(
      createClient({ url: 'http://x', fetch: limited }).send('hi', { room: 'lobby', timeoutMs: 10_000 }),
    )
    await vi.advanceTimersByTimeAsync(5_999)
    expect(bodies).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(bodies).toEqual([bodies[0], bodies[0]])
    expect(await outcome).toMatchObject({ reason: expect.stringContaining('Too many sends') })
  })

  test('an abort during the pause ends it at once, with the reason of the signal', async () => {
    const controller = new AbortController()
    const outcome = settled(
      createClient({ url: 'http://x', fetch: refused }).send('hi', { room: 'lobby', signal: controller.signal }),
    )
    await vi.advanceTimersByTimeAsync(100)
    controller.abort(new Error('enough'))
    expect(await outcome).toMatchObject({ message: 'enough' })
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each([
    [503, 'log-unavailable', true],
    [408, 'timeout', false],
  ])('a %i that stays is told as the cause', async (status, code, unknown) => {
    const fetch: FetchLike = async () => ({
      status,
      headers: new Headers({ 'content-type': 'application/problem+json' }),
      text: async () => JSON.stringify({ code, detail: 'In plain words.' }),
    })
    const outcome = settled(createClient({ url: 'http://x', fetch }).send('hi', { room: 'lobby', timeoutMs: 1_000 }))
    await vi.advanceTimersByTimeAsync(1_000)
    const error = await outcome
    expect(error).toMatchObject({ reason: `the server answered ${status}: In plain words.`, mayHaveArrived: unknown })
    expect(error instanceof Error && error.cause).toBeInstanceOf(ChatError)
  })
})
