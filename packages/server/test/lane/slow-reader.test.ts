import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { appendAll, draft, numbered } from '../drafts.ts'
import { serving } from '../sockets/serving.ts'
import { answersIn, get, laneServer, until } from './lane-server.ts'

const LARGE = '/v1/rooms/lobby/messages?after=0&limit=500'

/** Each of its characters has six in JSON, so that a batch is as large as it can be. */
const HEAVY = '\u0001'.repeat(8_000)

/** Asks once after the other, so that each request is alone in the server's buffer, for more than the system takes for one who does not read. */
async function askOnAndOn(socket: Socket, paths: readonly string[] = Array.from({ length: 30 }, () => LARGE)) {
  for (const path of paths) {
    socket.write(get(path))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return paths.length
}

/** A client that reads only when it is let. */
async function lazyClient(url: string) {
  const socket: Socket = connectSocket(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.pause()
  return { socket, bytes: () => Buffer.concat(chunks).toString() }
}

async function large() {
  const parts = await laneServer()
  await appendAll(
    parts.log,
    'lobby',
    numbered(500).map((text) => text + HEAVY),
  )
  return parts
}

it('answers that are larger than any buffer arrive whole, and the connection goes on', async () => {
  const { url, handedOn } = await large()
  const { socket, bytes } = await lazyClient(url)
  const asked = await askOnAndOn(socket)
  socket.resume()
  await until(() => bytes().endsWith('}') && bytes().split('HTTP/1.1 200').length > asked)
  for (const { body } of answersIn(bytes())) {
    const batch: { messages: { text: string }[] } = JSON.parse(body)
    expect(batch.messages.map(({ text }) => text.slice(text.indexOf('\u0001')))).toEqual(Array(16).fill(HEAVY))
  }
  expect(handedOn()).toBe(1) // the request that came before the last answer had gone out
})

it('a client that asks on and on and never reads is not read either, and takes nobody else’s time', async () => {
  const { url, log, hub, lane, connect } = await large()
  const { socket } = await lazyClient(url)
  await askOnAndOn(socket)
  const { socket: other, answer } = await connect()
  other.write(get('/v1/rooms/quiet/messages?after=0&wait=55'))
  await until(() => hub.waiting === 1)
  await log.append(draft('quiet', 'hello'))
  await until(() => answer().includes('hello'))
  expect(lane.connections).toBeLessThanOrEqual(2)
  socket.destroy()
  await until(() => lane.connections <= 1)
})

it('all that such a client asked for is answered in order when it reads at last', async () => {
  const { url, log } = await laneServer()
  for (const room of ['a', 'b', 'c']) {
    await appendAll(
      log,
      room,
      numbered(20).map((text) => `${room} ${text}${HEAVY}`),
    )
  }
  const { socket, bytes } = await lazyClient(url)
  const rooms = Array.from({ length: 30 }, (_, i) => 'abc'[i % 3] ?? '')
  await askOnAndOn(
    socket,
    rooms.map((room) => `/v1/rooms/${room}/messages?after=0&limit=200`),
  )
  socket.resume()
  await until(() => bytes().split('HTTP/1.1 200').length === rooms.length + 1 && bytes().endsWith('}'))
  const answers = answersIn(bytes())
  expect(answers.map(({ body }) => /"text":"(\w) t1\\/.exec(body)?.[1])).toEqual(rooms)
}, 30_000)

it('closing cuts no answer that is being read, and waits for nobody who never reads', async () => {
  const { url, ask, close } = await serving()
  for (let message = 0; message < 16; message++) {
    await ask('/v1/rooms/lobby/messages', { method: 'POST', body: `${message}${HEAVY}` })
  }
  const reads = await lazyClient(url)
  const never = await lazyClient(url)
  const half = await lazyClient(url)
  for (const { socket } of [reads, half]) socket.write(get(LARGE))
  await askOnAndOn(never.socket)
  half.socket.end()
  const start = performance.now()
  // The answers are on their way.
  await new Promise((resolve) => setTimeout(resolve, 300))
  const closed = close()
  setTimeout(() => reads.socket.resume(), 1000)
  await once(reads.socket, 'end')
  const answers = answersIn(reads.bytes())
  expect(answers.map(({ body }) => JSON.parse(body).messages.length)).toEqual([16])
  await closed
  expect(performance.now() - start).toBeGreaterThan(1000)
  expect(performance.now() - start).toBeLessThan(15_000)
}, 30_000)

it('what comes behind a request that closing answers last is dropped, and cuts nothing off', async () => {
  const { url, ask, close } = await serving()
  for (let message = 0; message < 500; message++) {
    await ask('/v1/rooms/lobby/messages', { method: 'POST', body: `${message}`.padEnd(16_000) })
  }
  const parked = await lazyClient(url) // so that the drain takes its time
  parked.socket.write(get('/v1/rooms/quiet/messages?after=0&wait=55'))
  const { socket, bytes } = await lazyClient(url)
  expect((await ask('/healthz')).status).toBe(200)
  const closed = close()
  socket.write(get(LARGE))
  await new Promise((resolve) => setTimeout(resolve, 200))
  socket.write(get(LARGE))
  setTimeout(() => socket.resume(), 300)
  await once(socket, 'end')
  const answers = answersIn(bytes())
  expect(answers.map(({ head }) => /^connection: (.*)$/im.exec(head)?.[1])).toEqual(['close'])
  expect(JSON.parse(answers[0]?.body ?? '').messages).toHaveLength(8)
  parked.socket.destroy()
  await closed
}, 30_000)
