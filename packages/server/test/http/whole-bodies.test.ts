/** Bodies that the lane does not read: shown to the application whole, or not at all. */
import { MAX_BODY_BYTES } from '@poll-chat/protocol'
import { expect, it } from 'vitest'
import { serverClock, settled, until } from '../lane/lane-server.ts'
import { connection, parseAnswer, serving } from '../sockets/serving.ts'

const PATH = '/v1/rooms/lobby/messages'
const CHUNKED = 'Transfer-Encoding: chunked'
const ofLength = (bytes: number) => `Content-Length: ${bytes}`

function post(...fields: string[]): string {
  return ['POST /v1/rooms/lobby/messages HTTP/1.1', 'Host: localhost', 'Connection: close', ...fields, '', ''].join(
    '\r\n',
  )
}

it('a body that comes byte by byte is read whole', async () => {
  const { url, ask } = await serving()
  const text = 'long enough to grow some times, and with an ö cut in two'
  const json = Buffer.from(JSON.stringify({ text }))
  const { socket, ended } = await connection(url)
  socket.setNoDelay().write(post('Content-Type: application/json', ofLength(json.length)))
  for (const byte of json) {
    socket.write(Uint8Array.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(parseAnswer(await ended()).status).toBe(201)
  expect(await (await ask(`${PATH}?after=0`)).json()).toMatchObject({ messages: [{ text }] })
})

it('a body that ends early is no request: nothing is stored, nothing is answered, no problem is counted', async () => {
  const { url, ask } = await serving()
  const metrics = async () => (await ask('/metrics')).text()
  const connections = async () => Number(/^poll_chat_connections (\d+)/m.exec(await metrics())?.[1])
  await ask('/healthz') // fetch has its connections now
  const before = await connections()
  for (const field of [ofLength(5000), CHUNKED]) {
    const { socket, answer } = await connection(url)
    socket.write(`${post(field)}3\r\nabc\r\n`)
    await until(async () => (await connections()) === before + 1)
    await ask('/healthz')
    socket.destroy()
    await until(async () => (await connections()) === before)
    expect(answer()).toBe('')
  }
  expect(await metrics()).not.toMatch(/problems_total\{/)
  expect(await (await ask('/v1/rooms')).json()).toEqual({ rooms: [] })
})

it('a body has 30 s to come, is refused after that, and what comes then is no request', async () => {
  const clock = serverClock()
  const { url, ask } = await serving()
  const json = JSON.stringify({ text: 'slow' })
  const slow = await connection(url)
  slow.socket.setNoDelay().write(post('Content-Type: application/json', ofLength(json.length)))
  const late = await connection(url)
  late.socket.setNoDelay().write(post('Content-Type: application/json', ofLength(json.length)))
  await settled()
  clock.pass(29_800)
  slow.socket.write(json)
  late.socket.write(json.slice(0, 5))
  await until(() => slow.answer() !== '')
  expect([parseAnswer(slow.answer()).status, late.answer()]).toEqual([201, ''])
  clock.pass(400)
  await until(() => late.answer() !== '')
  expect(parseAnswer(late.answer())).toMatchObject({ status: 408, body: expect.stringContaining('"code":"timeout"') })
  late.socket.write(json.slice(5))
  await settled()
  expect(await (await ask(`${PATH}?after=0`)).json()).toMatchObject({ messages: [{ text: 'slow' }] })
})

it('who is refused for the head is told before the body comes', async () => {
  const { url } = await serving({ key: 'secret' })
  const key = 'Authorization: Bearer secret'
  const refused: [number, string[]][] = [
    [401, [ofLength(5)]],
    [401, [CHUNKED]],
    [413, [key, ofLength(MAX_BODY_BYTES + 1)]],
  ]
  for (const [status, fields] of refused) {
    const { socket, answer } = await connection(url)
    socket.write(post(...fields))
    await until(() => answer().includes('\r\n\r\n'))
    expect([fields, parseAnswer(answer()).status]).toEqual([fields, status])
  }
})

it('a body without a length is refused as soon as it is too large', async () => {
  const { url } = await serving()
  const { socket, answer } = await connection(url)
  const piece = 'x'.repeat(MAX_BODY_BYTES + 1)
  socket.write(`${post(CHUNKED)}${piece.length.toString(16)}\r\n${piece}`)
  await until(() => answer().includes('\r\n\r\n'))
  expect(parseAnswer(answer()).status).toBe(413)
})
