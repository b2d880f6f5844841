import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { appendAll, draft, numbered } from '../drafts.ts'
import { serving } from '../sockets/serving.ts'
import { answersIn, get, laneServer, until } from './lane-server.ts'

const LARGE = '/v1/rooms/lobby/messages?after=0&limit=500'

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
  const texts = numbered(500).map((text) => text.padEnd(16_384, 'é'.repeat(4)).slice(0, 8_000))
  await appendAll(parts.log, 'lobby', texts)
  return { ...parts, texts }
}

it('an answer that is larger than any buffer arrives whole, and the connection goes on', async () => {
  const { url, texts, handedOn } = await large()
  const { socket, bytes } = await lazyClient(url)
  socket.resume()
  for (let poll = 1; poll <= 3; poll++) {
    socket.write(get(LARGE))
    await until(() => bytes().endsWith('}') && bytes().split('HTTP/1.1 200').length === poll + 1)
    const answers = answersIn(bytes())
    expect(answers).toHaveLength(poll)
    const batch: { messages: { text: string }[] } = JSON.parse(answers.at(-1)?.body ?? '')
    expect(batch.messages.map(({ text }) => text)).toEqual(texts)
  }
  expect(handedOn()).toBe(0)
})

it('a client that asks on and on and never reads is not read either, and takes nobody else’s time', async () => {
  const { url, log, hub, lane, connect } = await large()
  const { socket } = await lazyClient(url)
  // One request an answer: each of them is alone in the server's buffer.
  for (let poll = 0; poll < 40 && socket.writableLength === 0; poll++) {
    socket.write(get(LARGE))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
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
      numbered(200).map((text) => `${room} ${text}`.padEnd(8_000, room)),
    )
  }
  const { socket, bytes } = await lazyClient(url)
  const rooms = Array.from({ length: 30 }, (_, i) => 'abc'[i % 3] ?? '')
  for (const room of rooms) {
    socket.write(get(`/v1/rooms/${room}/messages?after=0&limit=200`))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  socket.resume()
  await until(() => bytes().split('HTTP/1.1 200').length === rooms.length + 1 && bytes().endsWith('}'))
  const answers = answersIn(bytes())
  expect(answers.map(({ body }) => /"text":"(\w) t1 /.exec(body)?.[1] ?? /"text":"(\w)/.exec(body)?.[1])).toEqual(rooms)
}, 30_000)

it('closing cuts no answer that is being read, and waits for nobody who never reads', async () => {
  const { url, ask, close } = await serving()
  for (let message = 0; message < 500; message++) {
    await ask('/v1/rooms/lobby/messages', { method: 'POST', body: `${message}`.padEnd(16_000) })
  }
  const reads = await lazyClient(url)
  const never = await lazyClient(url)
  const half = await lazyClient(url)
  for (const { socket } of [reads, never, half]) socket.write(get(LARGE))
  half.socket.end()
  const start = performance.now()
  // The answers are on their way, the kernel's buffers are full.
  await new Promise((resolve) => setTimeout(resolve, 300))
  const closed = close()
  setTimeout(() => reads.socket.resume(), 1000)
  await once(reads.socket, 'end')
  const [answer] = answersIn(reads.bytes())
  expect(JSON.parse(answer?.body ?? '').messages).toHaveLength(500)
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
  expect(JSON.parse(answers[0]?.body ?? '').messages).toHaveLength(500)
  parked.socket.destroy()
  await closed
}, 30_000)
