import { connect as connectSocket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import { get, laneServer, serverClock, settled, until, wholeAnswers } from './lane-server.ts'

const POLL = '/v1/rooms/lobby/messages?after=0'
const HEAD_OF_SEND = 'POST /v1/rooms/lobby/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n'

it('an idle connection is kept for 75 s after its last answer, and no longer', async () => {
  const clock = serverClock()
  const { lane, connect } = await laneServer()
  const { socket, answer, ended } = await connect()
  for (let poll = 1; poll <= 2; poll++) {
    socket.write(get(POLL))
    await until(() => wholeAnswers(answer()).length === poll)
    clock.pass(74_900)
    await settled()
    expect(lane.connections).toBe(1)
  }
  clock.pass(300)
  await ended()
  await until(() => lane.connections === 0)
  expect(wholeAnswers(answer())).toHaveLength(2)
})

it('a connection that hangs in a poll is never idle', async () => {
  const clock = serverClock()
  const { lane, hub, connect } = await laneServer()
  const { socket, answer } = await connect()
  socket.write(get(POLL))
  await until(() => wholeAnswers(answer()).length === 1)
  clock.pass(74_000)
  socket.write(get(`${POLL}&wait=55`))
  await until(() => hub.waiting === 1)
  clock.pass(54_900)
  await settled()
  expect([hub.waiting, lane.connections]).toEqual([1, 1])
  clock.pass(300)
  await until(() => wholeAnswers(answer()).length === 2)
})

it('a newcomer that says nothing is refused after 10 s, as by node:http', async () => {
  const clock = serverClock()
  const { lane, connect } = await laneServer()
  const { answer, ended } = await connect()
  await until(() => lane.connections === 1)
  clock.pass(9_900)
  await settled()
  expect([lane.connections, answer()]).toEqual([1, ''])
  clock.pass(300)
  expect(await ended()).toContain('"code":"timeout"')
  clock.pass(1_100) // it may close its side
  await until(() => lane.connections === 0)
})

it.each([
  ['a head', get(POLL), 9_900],
  ['a head of what the lane does not answer', get('/v1').replace('GET', 'OPTIONS'), 9_900],
  ['a body', `${HEAD_OF_SEND}${'x'.repeat(100)}`, 29_900],
])('%s is awaited, however it trickles in, and refused when it takes too long', async (_what, request, patience) => {
  const clock = serverClock()
  const { lane, connect, handedOn } = await laneServer()
  const { socket, answer, ended } = await connect()
  socket.setNoDelay()
  const first = request.startsWith(HEAD_OF_SEND) ? HEAD_OF_SEND.length : 1
  socket.write(request.slice(0, first))
  await settled()
  for (let byte = first; byte < first + 10; byte++) {
    clock.pass(patience / 10)
    socket.write(request.charAt(byte))
    await settled()
  }
  expect([lane.connections, answer()]).toEqual([1, ''])
  clock.pass(300)
  expect(await ended()).toMatch(/^HTTP\/1.1 408 [\s\S]*"code":"timeout"/)
  clock.pass(1_100) // it may close its side
  await until(() => lane.connections === 0)
  expect(handedOn()).toBe(0)
})

it('a slow request that is followed by a slow one has its time for itself', async () => {
  const clock = serverClock()
  const { connect, handedOn } = await laneServer()
  const { socket, answer } = await connect()
  for (let poll = 1; poll <= 3; poll++) {
    socket.write(get(POLL).slice(0, 30))
    await settled()
    clock.pass(9_000)
    socket.write(get(POLL).slice(30))
    await until(() => wholeAnswers(answer()).length === poll)
  }
  expect(handedOn()).toBe(0)
})

it('a large answer may take longer than 75 s to read', async () => {
  const clock = serverClock()
  const engine = openMemory()
  // More than an engine gives at once: what the system's buffers take of an answer does not keep a connection.
  const messages = Array.from({ length: 500 }, (_, i) => ({
    ...{ index: i + 1, id: `${i}`, room: 'lobby', from: { uid: 'a', verified: false } },
    ...{ text: 'x'.repeat(16_384), at: '2026-01-01T00:00:00.000Z' },
  }))
  const batch = { messages, next: '500' }
  Object.assign(engine.log, { read: () => batch })
  const { lane, url } = await laneServer(engine)
  const socket = connectSocket(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let bytes = 0
  socket.pause()
  socket.write(get(`${POLL}&limit=500`))
  await until(() => socket.bytesWritten > 0)
  await settled()
  for (let minute = 0; minute < 10; minute++) clock.pass(60_000)
  await settled()
  expect(lane.connections).toBe(1)
  socket.on('data', (chunk) => {
    bytes += chunk.length
  })
  socket.resume()
  await until(() => bytes > 500 * 16_384)
  await settled()
  // And now it is idle like any other.
  clock.pass(76_000)
  await until(() => lane.connections === 0)
})
