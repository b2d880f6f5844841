import { once } from 'node:events'
import { createServer } from 'node:net'
import { ChatError, CursorReset } from '@poll-chat/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BadAnswer, ServerUnreachable } from '../src/failures.ts'
import { createClient } from '../src/index.ts'
import type { Client, FetchLike } from '../src/types.ts'
import { FETCHES } from './fetches.ts'
import type { Fault } from './log-server.ts'
import { answer, LogServer, problem } from './log-server.ts'

const CLAIM = 'c'.repeat(43)
const HTML = { 'content-type': 'text/html; charset=utf-8' }
const JSON_TYPE = { 'content-type': 'application/json' }

describe.each(FETCHES)('over %s', (_name, open) => {
  let server: LogServer
  let client: Client
  let opened: ReturnType<typeof open>

  beforeEach(async () => {
    server = await LogServer.start()
    opened = open()
    client = createClient({
      url: `${server.url}/behind/a%20prefix/`,
      key: 'k3y',
      claim: CLAIM,
      uid: 'älice',
      fetch: opened.fetch,
    })
  })

  afterEach(async () => {
    await server.stop()
    await opened.close()
  })

  async function failure(fault: Fault): Promise<unknown> {
    server.faults = [fault]
    return client.poll('lobby', { after: '0' }).catch((error: unknown) => error)
  }

  test('the address keeps its prefix, names are encoded, key and claim are headers', async () => {
    server.append('hello')
    const batch = await client.poll('täglich', { after: '0', limit: 3 })
    expect(batch.messages.map((message) => message.text)).toEqual(['hello'])
    const [seen] = server.seen
    expect(seen?.url.href).toBe(`http://fake/behind/a%20prefix/v1/rooms/t%C3%A4glich/messages?after=0&limit=3`)
    expect(seen?.headers.authorization).toBe('Bearer k3y')
    expect(seen?.headers['poll-chat-claim']).toBe(CLAIM)
  })

  test('requests wait for a claim that is still found out, unless they are aborted, and fail as it does', async () => {
    const found = Promise.withResolvers<string>()
    const options = { url: server.url, uid: 'alice', fetch: opened.fetch }
    const later = createClient({ ...options, claim: () => found.promise })
    const leaving = new AbortController()
    const aborted = later.poll('lobby', { after: '0', signal: leaving.signal })
    const polled = later.poll('lobby', { after: '0' })
    leaving.abort(new Error('left'))
    await expect(aborted).rejects.toThrow('left')
    expect(server.seen).toEqual([])
    found.resolve(CLAIM)
    await polled
    expect(server.seen.map(({ headers }) => headers['poll-chat-claim'])).toEqual([CLAIM])

    const taken = createClient({ ...options, claim: () => Promise.reject(new ChatError('uid-taken', 'It is taken.')) })
    await expect(taken.poll('lobby', { after: '0' })).rejects.toMatchObject({ code: 'uid-taken' })
  })

  test('an inbox is asked for by uid and does not wait', async () => {
    await client.inbox('lobby', { ack: '0' })
    expect(server.seen[0]?.url.href).toMatch(/\/v1\/rooms\/lobby\/inbox\?uid=%C3%A4lice&ack=0&wait=0$/)
  })

  test('history asks backwards, or for the newest page', async () => {
    await client.history('lobby', { before: '9~0123abcd', limit: 10 })
    await client.history('lobby')
    expect(server.seen.map(({ url }) => url.search)).toEqual(['?before=9~0123abcd&limit=10', ''])
  })

  test('rooms and info are checked and unwrapped', async () => {
    const rooms = [{ room: 'lobby', newest: '3~0123abcd', at: '2026-11-22T09:00:00Z' }]
    const limits = {
      text_bytes: 1,
      name_characters: 1,
      batch_default: 1,
      batch_max: 1,
      wait_default_s: 1,
      wait_max_s: 1,
    }
    const info = { name: 'poll-chat', version: '0.1.0', api: 1, auth: 'none', limits }
    server.faults = [answer(200, JSON_TYPE, JSON.stringify({ rooms })), answer(200, JSON_TYPE, JSON.stringify(info))]
    expect(await client.rooms()).toEqual(rooms)
    expect(await client.info()).toEqual(info)
    expect(server.seen.map(({ url }) => url.pathname)).toEqual(['/behind/a%20prefix/v1/rooms', '/behind/a%20prefix/v1'])
  })

  test('characters that arrive in two pieces are whole', async () => {
    const text = '你'.repeat(200_000)
    server.append(text)
    const batch = await client.poll('lobby', { after: '0' })
    expect(batch.messages[0]?.text === text).toBe(true)
  })

  test("a refusal comes in the server's words", async () => {
    const error = await failure(problem({ status: 401, code: 'key-required', detail: 'Give the key.' }))
    expect(error).toBeInstanceOf(ChatError)
    expect(error).toMatchObject({ code: 'key-required', status: 401, message: 'Give the key.' })
  })

  test('a reset says from where to go on', async () => {
    const error = await failure(
      problem({ status: 410, code: 'cursor-reset', reason: 'ahead', oldest: '0', newest: '3~0123abcd' }),
    )
    expect(error).toBeInstanceOf(CursorReset)
    expect(error).toMatchObject({ reason: 'ahead', oldest: '0', newest: '3~0123abcd' })
  })

  test.each([
    [403, HTML, 'host-not-allowed'],
    [404, HTML, 'not-found'],
    [405, JSON_TYPE, 'method-not-allowed'],
    [431, {}, 'head-too-large'],
    [402, {}, 'bad-request'],
  ])('a %i that is not ours is a refusal all the same, and says so', async (status, headers, code) => {
    const error = await failure(answer(status, headers, '<h1>no</h1>'))
    expect(error).toBeInstanceOf(ChatError)
    expect(error).toMatchObject({ code, message: expect.stringContaining(`answered ${status}`) })
  })

  test('a code that this client does not know is judged by its status', async () => {
    expect(await failure(problem({ status: 403, code: 'room-key-required', detail: 'Not yours.' }))).toMatchObject({
      name: 'ChatError',
      status: 403,
      message: 'Not yours.',
    })
  })

  test('a known code that came with another status is not believed', async () => {
    expect(await failure(problem({ status: 404, code: 'internal' }))).toMatchObject({
      name: 'ChatError',
      code: 'not-found',
    })
  })

  test.each<[string, Fault, string]>([
    ['a captive portal', answer(200, HTML, '<h1>Log in</h1>'), 'this is not a poll-chat server (answered text/html)'],
    ['a redirect', answer(304, { location: '/login' }, ''), 'the address answered 304 and points to /login'],
    ['an empty answer', answer(200, JSON_TYPE, ''), 'the answer was cut short'],
    ['half an answer that looks whole', answer(200, JSON_TYPE, '{"messages":['), 'the answer was cut short'],
    ['another JSON', answer(200, JSON_TYPE, '{"hello":1}'), 'the answer is not one of a poll-chat server'],
    [
      'a next that is no cursor',
      answer(200, JSON_TYPE, '{"messages":[],"next":"x"}'),
      'the answer is not one of a poll-chat server',
    ],
    ["a proxy's error page", answer(502, HTML, '<h1>Bad gateway</h1>'), 'the server answered 502 (text/html)'],
    ['a 410 that is not ours', answer(410, HTML, ''), 'the server answered 410 (text/html)'],
    [
      'too many requests',
      problem({ status: 429, code: 'slow-down', detail: 'Slower.' }),
      'the server answered 429: Slower.',
    ],
    ['nothing', 'before', 'the connection was cut'],
    ['half a head', 'in-head', 'the connection was cut'],
    ['half a body', 'in-body', 'the connection was cut'],
  ])('%s may pass, and is told in one sentence', async (_what, fault, reason) => {
    server.append('hello')
    const error = await failure(fault)
    expect(error).toBeInstanceOf(ServerUnreachable)
    expect(error).toMatchObject({ reason, message: reason })
  })

  test('messages out of order are not accepted', async () => {
    const [first, second] = [server.append('1'), server.append('2')]
    const body = JSON.stringify({ messages: [second, first], next: '2' })
    expect(await failure(answer(200, JSON_TYPE, body))).toBeInstanceOf(BadAnswer)
  })

  test('a next before the last message would bring that message for ever, and is not accepted', async () => {
    const body = JSON.stringify({ messages: [server.append('1'), server.append('2')], next: '1' })
    expect(await failure(answer(200, JSON_TYPE, body))).toBeInstanceOf(BadAnswer)
  })

  test.each<[string, Fault, number]>([
    ['the header', problem({ status: 503, code: 'draining' }, { 'retry-after': '3' }), 3_000],
    ['the problem', problem({ status: 503, code: 'draining', retry_after_ms: 1_500 }), 1_500],
    [
      'the longer of both',
      problem({ status: 503, code: 'draining', retry_after_ms: 4_500 }, { 'retry-after': '3' }),
      4_500,
    ],
    ["a proxy's header", answer(503, { ...HTML, 'retry-after': '2' }, ''), 2_000],
  ])('when to come again is read from %s', async (_what, fault, retryAfterMs) => {
    expect(await failure(fault)).toMatchObject({ retryAfterMs })
  })

  test('an aborted request ends with the reason of its signal, whether it hangs or has not begun', async () => {
    const controller = new AbortController()
    server.faults = [() => controller.abort(new Error('enough'))]
    const { signal } = controller
    await expect(client.poll('lobby', { after: '0', signal })).rejects.toThrow('enough')
    await expect(client.poll('lobby', { after: '0', signal })).rejects.toThrow('enough')
    expect(server.seen).toHaveLength(1)
  })

  test('a refused connection is told from one that was cut', async () => {
    const gone = await LogServer.start()
    const { url } = gone
    await gone.stop()
    const error = await createClient({ url, fetch: opened.fetch })
      .rooms()
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ reason: 'connection refused', mayHaveArrived: false })
  })

  test('https asked of an http port is told as such', async () => {
    const url = server.url.replace('http:', 'https:')
    const error = await createClient({ url, fetch: opened.fetch })
      .rooms()
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      reason: expect.stringMatching(/^a secure connection is not possible/),
      mayHaveArrived: false,
    })
  })

  test('a port that does not speak HTTP is named as such', async () => {
    const other = createServer((socket) => socket.end('220 mail.example ESMTP\r\n')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const error = await createClient({ url: `http://127.0.0.1:${port}`, fetch: opened.fetch })
      .rooms()
      .catch((reason: unknown) => reason)
    other.close()
    expect(error).toMatchObject({ reason: 'this is not an HTTP server' })
  })
})

test.each(['localhost:8787', 'ftp://example.com', 'http://user:password@example.com', 'nonsense'])(
  '%s is not an address',
  (url) => {
    expect(() => createClient({ url })).toThrow(TypeError)
  },
)

test('a key or a claim that no header can carry is told at once', () => {
  expect(() => createClient({ url: 'http://localhost', key: 'two\nlines' })).toThrow('visible ASCII')
  expect(() => createClient({ url: 'http://localhost', claim: 'short' })).toThrow('32 random bytes')
})

test('what goes into a URL is encoded before any fetch sees it', async () => {
  const urls: string[] = []
  const fetch: FetchLike = (url) => {
    urls.push(url)
    return Promise.reject(new Error('enough'))
  }
  const client = createClient({ url: 'http://x', uid: 'zoë', fetch })
  await expect(client.inbox('täglich')).rejects.toThrow('the connection failed')
  await expect(client.search('a&room=b')).rejects.toThrow('the connection failed')
  expect(urls).toEqual([
    'http://x/v1/rooms/t%C3%A4glich/inbox?uid=zo%C3%AB&wait=0',
    'http://x/v1/search?q=a%26room%3Db',
  ])
})

test('a room name that would change the path never leaves', async () => {
  const client = createClient({
    url: 'http://localhost',
    uid: 'alice',
    fetch: () => Promise.reject(new Error('asked')),
  })
  await expect(client.poll('..', { after: '0' })).rejects.toMatchObject({ code: 'bad-request' })
  await expect(client.send('hi', { room: 'a/b' })).rejects.toMatchObject({ code: 'bad-request' })
  expect(() => client.follow('', { mode: 'poll' })).toThrow(ChatError)
})

test('an inbox needs a uid, and long polls', async () => {
  const client = createClient({ url: 'http://localhost' })
  await expect(client.inbox('lobby')).rejects.toThrow('Only a uid has an inbox or a claim.')
  expect(() => client.follow('lobby', { mode: 'long', inbox: true })).toThrow('Only a uid has an inbox or a claim.')
  expect(() => client.follow('lobby', { mode: 'poll', inbox: true })).toThrow('mode "long"')
})
