import { cursorAfter, MAX_FRAME_BYTES } from '@poll-chat/protocol'
import { expect, it, onTestFinished, vi } from 'vitest'
import { appendAll, draft } from '../drafts.ts'
import { refusal } from '../http.ts'
import { connection, parseAnswer, serving } from '../sockets/serving.ts'
import { servedApp, until } from './served-app.ts'
import { socketClient } from './socket-client.ts'

const PATH = '/v1/rooms/lobby/socket'
const KEY = 'sesame'
const keyed = { access: { type: 'key', key: KEY } } as const

it('gives a batch for what comes, from the head or from a cursor', async () => {
  const { url, log } = await servedApp()
  const [first] = await appendAll(log, 'lobby', ['a'])
  const fromHead = await socketClient(url, PATH)
  const fromStart = await socketClient(url, `${PATH}?after=0`)
  const head = first && cursorAfter(first)
  expect(await fromHead.next()).toEqual({ type: 'ready', after: head, heartbeat_s: 25 })
  expect(await fromStart.next()).toMatchObject({ type: 'ready', after: '0' })
  expect(await fromStart.next()).toEqual({ type: 'batch', messages: [first], next: head })
  const { message } = await log.append(draft('lobby', 'b'))
  const batch = { type: 'batch', messages: [message], next: cursorAfter(message) }
  expect([await fromHead.next(), await fromStart.next()]).toEqual([batch, batch])
})

it('tells of a reset and goes on from the oldest', async () => {
  const { url, log } = await servedApp()
  const messages = await appendAll(log, 'lobby', ['a'])
  const { next } = await socketClient(url, `${PATH}?after=8`)
  expect(await next()).toMatchObject({ type: 'ready', after: '0' })
  expect(await next()).toMatchObject({ type: 'reset', reason: 'ahead', oldest: '0' })
  expect(await next()).toMatchObject({ type: 'batch', messages })
})

it('stores what is sent in its order, and answers each with its ref and in its rules', async () => {
  const { url, log } = await servedApp()
  const { nextOf, say } = await socketClient(url, PATH)
  const texts = Array.from({ length: 200 }, (_, i) => `text ${i}`)
  for (const [i, text] of texts.entries()) say({ type: 'send', ref: i, uid: 'bob', id: `m${i}`, text })
  for (const [i, text] of texts.entries()) {
    expect(await nextOf('sent')).toMatchObject({ ref: i, message: { id: `m${i}`, from: { uid: 'bob' }, text } })
  }
  const { messages } = await log.read('lobby', { index: 0 }, 500)
  expect(messages.map(({ text }) => text)).toEqual(texts)

  say({ type: 'send', ref: 'again', id: 'm0', text: 'text 0' })
  expect(await nextOf('sent')).toMatchObject({ ref: 'again', message: messages[0] })
  say({ type: 'send', ref: 'other', id: 'm0', text: 'other' })
  expect(await nextOf('problem')).toMatchObject({ ref: 'other', problem: { code: 'id-reused', status: 422 } })
  say({ type: 'send', text: 'without ref and id' })
  expect(await nextOf('sent')).not.toHaveProperty('ref')
})

it.each([
  ['no JSON', 'hello', 'bad-request'],
  ['no object', '[]', 'bad-request'],
  ['an unknown type', '{"type":"subscribe"}', 'bad-request'],
  ['no text', '{"type":"send"}', 'bad-request'],
  ['a blank text', '{"type":"send","text":" "}', 'blank-text'],
  ['a text that is too long', JSON.stringify({ type: 'send', text: 'x'.repeat(16_385) }), 'text-too-long'],
  ['a key that cannot be one', '{"type":"hello","key":"a b"}', 'bad-request'],
])('a frame with %s is answered with a problem, and the connection goes on', async (_, frame, code) => {
  const { url, log } = await servedApp()
  const { nextOf, say } = await socketClient(url, PATH)
  say(frame)
  expect(await nextOf('problem')).toMatchObject({ problem: { code } })
  await log.append(draft('lobby', 'x'))
  await nextOf('batch')
})

it('a binary frame and one that is too large end the connection', async () => {
  const { url } = await servedApp()
  const binary = await socketClient(url, PATH)
  binary.socket.send(Buffer.from('{}'), { binary: true })
  expect(await binary.closed).toBe(1003)
  const large = await socketClient(url, PATH)
  large.say('x'.repeat(MAX_FRAME_BYTES + 1))
  expect(await large.closed).toBe(1009)
})

it('takes the key from a header, or from the first frame, as browsers have to', async () => {
  const { url, hub } = await servedApp(keyed)
  const withHeader = await socketClient(url, PATH, { Authorization: `Bearer ${KEY}` })
  expect(await withHeader.next()).toMatchObject({ type: 'ready' })
  const withHello = await socketClient(url, PATH)
  expect(hub.waiting).toBe(1)
  withHello.say({ type: 'hello', key: KEY })
  withHello.say({ type: 'send', ref: 1, text: 'x' })
  await withHello.nextOf('ready')
  expect(await withHello.nextOf('sent')).toMatchObject({ ref: 1 })
})

it('a claim in the first frame proves who sends, as the header does', async () => {
  const { url } = await servedApp()
  const claim = 'a'.repeat(43)
  const { nextOf, say } = await socketClient(url, PATH)
  say({ type: 'hello', claim })
  say({ type: 'send', uid: 'alice', text: 'x' })
  expect(await nextOf('sent')).toMatchObject({ message: { from: { uid: 'alice', verified: true } } })
  const other = await socketClient(url, PATH)
  other.say({ type: 'send', uid: 'alice', text: 'y' })
  expect(await other.nextOf('problem')).toMatchObject({ problem: { code: 'uid-taken' } })
})

it('a wrong key in the first frame gets the problem and the end; nothing is sent or read before it', async () => {
  const { url, log, hub } = await servedApp(keyed)
  const { next, say, closed } = await socketClient(url, PATH)
  say({ type: 'send', ref: 1, text: 'x' })
  expect(await next()).toMatchObject({ type: 'problem', ref: 1, problem: { code: 'key-required' } })
  say({ type: 'hello', key: 'wrong' })
  expect(await next()).toMatchObject({ type: 'problem', problem: { code: 'key-required' } })
  expect(await closed).toBe(4001)
  expect([(await log.head('lobby')).index, hub.waiting]).toEqual([0, 0])
})

it('who says nothing within 10 s, and needs to, is let go', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { url } = await servedApp(keyed)
  const { closed } = await socketClient(url, PATH)
  await vi.advanceTimersByTimeAsync(10_300)
  expect(await closed).toBe(4002)
})

it('pings a silent connection every 25 s, and cuts one that shows no life until the next', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { url, hub } = await servedApp()
  const alive = await socketClient(url, PATH)
  const dead = await socketClient(url, PATH)
  await until(() => hub.waiting === 2)
  dead.socket.pause()
  for (let beat = 0; beat < 3; beat++) {
    await vi.advanceTimersByTimeAsync(25_300)
    expect((await alive.nextOf('heartbeat')).type).toBe('heartbeat')
    await until(() => hub.waiting === (beat === 0 ? 2 : 1))
  }
  dead.socket.resume()
  expect(await dead.closed).toBe(1006)
})

it('a client that goes away is forgotten at once', async () => {
  const { url, hub } = await servedApp()
  const clients = await Promise.all(Array.from({ length: 20 }, () => socketClient(url, PATH)))
  await until(() => hub.waiting === 20)
  for (const [i, { socket }] of clients.entries()) {
    if (i % 2) socket.terminate()
    else socket.close()
  }
  await until(() => hub.waiting === 0)
})

it('closing the server tells each connection, waiting for a hello or not, and waits for none', async () => {
  const { url, close } = await serving({ key: KEY })
  const reading = await socketClient(url, PATH, { Authorization: `Bearer ${KEY}` })
  const silent = await socketClient(url, PATH)
  const deaf = await socketClient(url, PATH, { Authorization: `Bearer ${KEY}` })
  await Promise.all([reading.nextOf('ready'), deaf.nextOf('ready')])
  deaf.socket.pause()
  const start = performance.now()
  await close()
  expect(performance.now() - start).toBeLessThan(5_000)
  expect(await reading.nextOf('end')).toEqual({ type: 'end', reason: 'drain' })
  expect(await Promise.all([reading.closed, silent.closed])).toEqual([1012, 1012])
})

const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n'

it.each([
  ['another site', `${PATH}`, `${UPGRADE}Origin: http://evil.example\r\n`, '403 cross-site'],
  ['another host', `${PATH}`, UPGRADE, '403 host-not-allowed', 'evil.example'],
  ['no cursor', `${PATH}?after=x`, UPGRADE, '400 bad-cursor'],
  ['no room', '/v1/rooms/a%20b/socket', UPGRADE, '400 bad-request'],
  ['broken percent signs', '/v1/rooms/%ff/socket', UPGRADE, '400 bad-request'],
  ['no handshake', PATH, 'Connection: Upgrade\r\nUpgrade: websocket\r\n', '400 bad-request'],
  ['another path', '/v1/nothing', UPGRADE, '404 not-found'],
  ['no upgrade', PATH, '', '426 upgrade-required'],
])('refuses %s with a problem document', async (_, path, headers, expected, host = 'localhost') => {
  const { url } = await serving()
  const { socket, answer } = await connection(url)
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`)
  await until(() => answer().includes('}'))
  const { status, headers: answered, body } = parseAnswer(answer())
  expect(await refusal(new Response(body, { status, headers: answered }))).toBe(expected)
})

it.each(['on', 'off'])('who asks for another protocol is answered over HTTP, lane %s', async (lane) => {
  const { url } = await serving({ lane: lane === 'on' })
  const { socket, answer } = await connection(url)
  const h2c = 'Host: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'
  socket.write(`POST /v1/rooms/lobby/messages HTTP/1.1\r\n${h2c}Content-Length: 5\r\n\r\nhe`)
  await new Promise((resolve) => setTimeout(resolve, 20))
  socket.write('llo')
  await until(() => answer().includes('"text":"hello"'))
  socket.write(`GET /healthz HTTP/1.1\r\n${h2c}\r\n`)
  await until(() => answer().endsWith('ok\n'))
})
