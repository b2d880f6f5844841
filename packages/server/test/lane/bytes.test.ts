import { expect, it } from 'vitest'
import { draft } from '../drafts.ts'
import { answersIn, get, laneServer, until, wholeAnswers } from './lane-server.ts'

const POLL = '/v1/rooms/lobby/messages?after=0'
const PARKED = '/v1/rooms/quiet/messages?after=0&wait=55'
const EMPTY = '{"messages":[],"next":"0"}'

it('a request in two parts, cut at every byte, is the same request', async () => {
  const { log, connect, handedOn } = await laneServer()
  await log.append(draft('lobby', 'x'))
  const { socket, answer } = await connect()
  const request = get(POLL, 'Accept: */*')
  const whole: string[] = []
  socket.setNoDelay(true)
  for (let cut = 0; cut < request.length; cut++) {
    const before = answer().length
    socket.write(request.slice(0, cut))
    // Two turns of this process's only event loop: the server has read the first part by then.
    await new Promise((resolve) => setTimeout(resolve, 1))
    await new Promise((resolve) => setTimeout(resolve, 1))
    expect(answer()).toHaveLength(before)
    socket.write(request.slice(cut))
    await until(() => wholeAnswers(answer().slice(before)).length === 1)
    whole.push(answersIn(answer().slice(before))[0]?.body ?? '')
  }
  expect(new Set(whole).size).toBe(1)
  expect(whole[0]).toContain('"text":"x"')
  expect(handedOn()).toBe(0)
})

it('requests that come byte by byte are answered, by whom they are for', async () => {
  const { connect, handedOn } = await laneServer()
  const fields = 'Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 12'
  const requests: [string, number, number][] = [
    [`POST /v1/rooms/lobby/messages HTTP/1.1\r\n${fields}\r\n\r\n{"text":"x"}`, 201, 0],
    [get(POLL, 'X-Forwarded-For: 192.0.2.1'), 200, 0],
    [get('/v1').replace('GET', 'OPTIONS'), 405, 1],
  ]
  const { socket, answer } = await connect()
  socket.setNoDelay(true)
  for (const [place, [request, status, handed]] of requests.entries()) {
    for (const byte of request) {
      expect([handedOn(), wholeAnswers(answer()).length]).toEqual([0, place])
      socket.write(byte)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await until(() => wholeAnswers(answer()).length === place + 1)
    expect([answersIn(answer())[place]?.status, handedOn()]).toEqual([status, handed])
  }
  expect(answersIn(answer())[1]?.body).toContain('"text":"x"')
})

it('requests that come together are answered in their order, in the lane or not', async () => {
  const { log, connect } = await laneServer()
  for (const room of ['a', 'b', 'c']) await log.append(draft(room, `in ${room}`))
  const rooms = Array.from({ length: 60 }, (_, i) => 'abc'[i % 3] ?? '')
  const requests = rooms.map((room) => get(`/v1/rooms/${room}/messages?after=0`)).join('')
  for (const size of [requests.length, 1000, 97, 31]) {
    const { socket, answer } = await connect()
    for (let from = 0; from < requests.length; from += size) socket.write(requests.slice(from, from + size))
    await until(() => wholeAnswers(answer()).length === rooms.length)
    expect(answersIn(answer()).map(({ body }) => /in (\w)/.exec(body)?.[1])).toEqual(rooms)
  }
})

it('what comes while a poll hangs is answered after it, and nothing is lost', async () => {
  const { log, hub, lane, connect, handedOn } = await laneServer()
  await log.append(draft('lobby', 'x'))
  const body = 'text in a body'
  const post = `POST /v1/rooms/lobby/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  for (const poll of [PARKED, '/v1/rooms/quiet/inbox?uid=alice&wait=55', '/get/message?uid=bob&room=quiet']) {
    const { socket, answer } = await connect()
    socket.write(get(poll))
    await until(() => hub.waiting === 1 && lane.connections === 1)
    const before = handedOn()
    socket.write(get(POLL) + post.slice(0, 40))
    await until(() => handedOn() === before + 1 && hub.waiting === 1)
    socket.write(post.slice(40))
    expect(answer()).toBe('')
    await log.append(draft('quiet', 'news'))
    await until(() => wholeAnswers(answer()).length === 3)
    const [first, second, third] = answersIn(answer())
    expect([first?.status, second?.status, third?.status]).toEqual([200, 200, 201])
    expect(first?.body).toContain('news')
    expect(second?.body).toContain('"text":"x"')
    expect(third?.body).toContain(body)
    expect(lane.connections).toBe(0)
    socket.destroy()
    await until(() => hub.waiting === 0)
  }
})

it('one connection polls, sends and polls', async () => {
  const { connect } = await laneServer()
  const { socket, answer } = await connect()
  const ask = async (request: string) => {
    const before = answer().length
    socket.write(request)
    await until(() => wholeAnswers(answer().slice(before)).length === 1)
    return answersIn(answer().slice(before))[0]
  }
  expect((await ask(get(POLL)))?.body).toBe(EMPTY)
  expect((await ask(get('/send/msg?text=hello')))?.body).toBe('OK')
  for (let poll = 0; poll < 3; poll++) expect((await ask(get(POLL)))?.body).toContain('"text":"hello"')
})

it('a head of more than 8 KiB is for node:http, also when it is whole, and its limits hold', async () => {
  const { connect, handedOn } = await laneServer()
  for (const [pad, status] of [
    [9_000, 200],
    [53_000, 414],
  ] as const) {
    const before = handedOn()
    const { socket, answer } = await connect()
    socket.write(get(`${POLL}&pad=${'p'.repeat(pad)}`))
    await until(() => wholeAnswers(answer()).length === 1)
    expect([answersIn(answer())[0]?.status, handedOn() - before]).toEqual([status, 1])
  }
})
