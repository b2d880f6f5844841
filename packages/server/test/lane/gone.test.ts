import { expect, it } from 'vitest'
import { draft } from '../drafts.ts'
import { connection, serving } from '../sockets/serving.ts'
import { answersIn, get, laneServer, until } from './lane-server.ts'

const POLLS = ['/v1/rooms/lobby/messages?after=0&wait=55', '/v1/rooms/lobby/inbox?uid=UID&wait=55']

it('2,000 clients that go away while they wait leave nothing behind, reset or closed, and the next are served', async () => {
  const { log, hub, lane, connect, handedOn } = await laneServer()
  const clients = await Promise.all(Array.from({ length: 2000 }, connect))
  for (const [i, { socket }] of clients.entries()) socket.write(get((POLLS[i % 2] ?? '').replace('UID', `u${i}`)))
  await until(() => hub.waiting === 2000)
  expect(lane.connections).toBe(2000)
  for (const [i, { socket }] of clients.entries()) {
    if (i % 3 === 0) socket.resetAndDestroy()
    else if (i % 3 === 1) socket.destroy()
    else socket.end()
  }
  await until(() => hub.waiting === 0 && lane.connections === 0)
  const { socket, answer } = await connect()
  socket.write(get(POLLS[0] ?? ''))
  await until(() => hub.waiting === 1)
  await log.append(draft('lobby', 'x'))
  await until(() => answer().includes('"text":"x"'))
  expect(handedOn()).toBe(0)
})

it('a message that comes when its waiting client has gone is kept for it', async () => {
  const { log, hub, lane, url, connect } = await laneServer()
  await fetch(`${url}/lang/?uid=alice`)
  const gone = await connect()
  gone.get('/get/message?uid=alice')
  await until(() => hub.waiting === 1)
  // In one turn: the message is there before the lane can have noticed that the client is gone.
  const appended = log.append(draft('lobby', 'x'))
  lane.closeAll()
  await appended
  await until(() => hub.waiting === 0)
  const again = await fetch(`${url}/get/message?uid=alice`)
  expect(await again.json()).toMatchObject({ status: true, data: 'x' })
})

it('a client that ends its side counts as gone, and half a request is a fault, as without the lane', async () => {
  const send = 'POST /v1/rooms/lobby/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhell'
  const halves = [
    'GET',
    'GET /v1',
    'GET /get/msg?index=0 HTTP/1.1\r\nHost: local',
    'OPTIONS / HTTP/1.1\r\nA: b\r\n',
    send,
  ]
  const requests = ['', ...halves, get(POLLS[0] ?? '')]
  const said: string[][] = []
  for (const lane of [true, false]) {
    const { url } = await serving({ lane })
    const answers: string[] = []
    for (const request of requests) {
      const { socket, ended } = await connection(url)
      if (request !== '') socket.write(request)
      socket.end()
      answers.push((await ended()).replace(/date: .*/i, ''))
    }
    said.push(answers)
  }
  expect(said[0]).toEqual(said[1])
  expect(said[0]?.map((answer) => answer.slice(9, 12))).toEqual(['', ...halves.map(() => '400'), ''])
})

it('a poll that is answered at once is answered in full to a client that has ended its side already', async () => {
  const { log, connect } = await laneServer()
  await log.append(draft('lobby', 'x'))
  const { socket, ended } = await connect()
  socket.end(get(POLLS[0] ?? ''))
  expect(answersIn(await ended())[0]?.body).toContain('"text":"x"')
})
