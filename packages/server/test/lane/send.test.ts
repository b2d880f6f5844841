import { ChatError } from '@poll-chat/protocol'
import { expect, it } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import type { Draft, Engine } from '../../src/log/contract.ts'
import { answersIn, get, laneServer, until, wholeAnswers } from './lane-server.ts'

const PATH = '/v1/rooms/lobby/messages'
const JSON_TYPE = 'Content-Type: application/json'

function post(
  body: string,
  { path = PATH, headers = [JSON_TYPE] }: { path?: string; headers?: string[] } = {},
): string {
  const length = `Content-Length: ${Buffer.byteLength(body)}`
  return [`POST ${path} HTTP/1.1`, 'Host: localhost', ...headers, length, '', body].join('\r\n')
}

/** A log in memory of which `before` hears before each append, and may hold it up. `asked` are the drafts that came. */
function engineWith(before: () => Promise<void>): { engine: Engine; asked: Draft[] } {
  const { log, store } = openMemory()
  const asked: Draft[] = []
  const { append } = log
  log.append = async (draft) => {
    asked.push(draft)
    await before()
    return append.call(log, draft)
  }
  return { engine: { log, store }, asked }
}

/** Appends when it is released. */
function slowEngine(): { engine: Engine; asked: Draft[]; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { ...engineWith(() => promise), release: resolve }
}

it('plain sends are answered in the lane: text or JSON, repeated or not', async () => {
  const { log, lane, connect, handedOn } = await laneServer()
  const { socket, answer } = await connect()
  const sends = [
    post('{"text":"你好","uid":"alice","id":"one"}'),
    post('{"text":"你好","uid":"alice","id":"one"}'),
    post('{"text":"other","id":"one"}'),
    post('plain', { path: `${PATH}?uid=bob&id=two`, headers: [] }),
  ]
  for (const [count, send] of sends.entries()) {
    socket.write(send)
    await until(() => wholeAnswers(answer()).length === count + 1)
  }
  expect(answersIn(answer()).map(({ status }) => status)).toEqual([201, 200, 422, 201])
  expect((await log.read('lobby', { index: 0 }, 10)).messages).toMatchObject([
    { index: 1, id: 'one', from: { uid: 'alice', verified: false }, text: '你好' },
    { index: 2, id: 'two', from: { uid: 'bob', verified: false }, text: 'plain' },
  ])
  expect([handedOn(), lane.connections]).toEqual([0, 1])
})

it('a send in two parts, cut at every byte, is sent once', async () => {
  const { log, connect } = await laneServer()
  const { socket, answer } = await connect()
  socket.setNoDelay(true)
  const request = post('{"text":"in two parts"}')
  for (let cut = 0; cut < request.length; cut++) {
    const before = answer().length
    socket.write(request.slice(0, cut))
    await new Promise((resolve) => setTimeout(resolve, 1))
    socket.write(request.slice(cut))
    await until(() => wholeAnswers(answer().slice(before)).length === 1)
  }
  expect((await log.head('lobby')).index).toBe(request.length)
})

it('what comes while a send is on its way to the disk is answered after it, and sends nothing twice', async () => {
  const { engine, asked, release } = slowEngine()
  const { log, connect, handedOn } = await laneServer(engine)
  const { socket, answer } = await connect()
  socket.write(post('first', { headers: [] }))
  await until(() => asked.length === 1)
  socket.write(post('second', { headers: [] }) + get(`${PATH}?after=1`).slice(0, 30))
  await new Promise((resolve) => setTimeout(resolve, 20))
  socket.write(get(`${PATH}?after=1`).slice(30))
  expect([answer(), asked.length]).toEqual(['', 1])
  release()
  await until(() => wholeAnswers(answer()).length === 3)
  expect(answersIn(answer()).map(({ status }) => status)).toEqual([201, 201, 200])
  expect((await log.read('lobby', { index: 0 }, 10)).messages.map(({ text }) => text)).toEqual(['first', 'second'])
  expect(handedOn()).toBe(1)
})

it('a send that cannot be stored is a problem, and is tried once', async () => {
  const { engine, asked } = engineWith(() =>
    Promise.reject(new ChatError('log-unavailable', 'The disk is full.', { retryAfterMs: 1000 })),
  )
  const { connect, lines } = await laneServer(engine)
  const { socket, answer } = await connect()
  socket.write(post('{"text":"x"}'))
  await until(() => wholeAnswers(answer()).length === 1)
  const [said] = answersIn(answer())
  expect(said?.status).toBe(503)
  expect(said?.head).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/)
  expect(said?.head).toContain('retry-after: 1')
  expect(JSON.parse(said?.body ?? '')).toMatchObject({ code: 'log-unavailable', retry_after_ms: 1000 })
  expect([asked.length, lines.filter((line) => line.includes('The disk is full.')).length]).toEqual([1, 1])
})

it('a sender that goes away has sent, and leaves nothing behind', async () => {
  const { engine, asked, release } = slowEngine()
  const { log, lane, connect } = await laneServer(engine)
  const { socket } = await connect()
  socket.write(post('{"text":"bye"}'))
  await until(() => asked.length === 1)
  socket.destroy()
  await until(() => lane.connections === 0)
  release()
  await until(async () => (await log.head('lobby')).index === 1)
})
