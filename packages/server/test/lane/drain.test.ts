import { expect, it } from 'vitest'
import { connection, serving } from '../sockets/serving.ts'
import { answersIn, get, until, wholeAnswers } from './lane-server.ts'

it('closing tells each connection in its own way: parked, promised, partial, idle, new, and one that sends on', async () => {
  const { url, ask, close } = await serving()
  const open = () => connection(url)
  const parked = await Promise.all(Array.from({ length: 100 }, open))
  for (const { socket } of parked) socket.write(get('/v1/rooms/lobby/messages?after=0&wait=55'))
  const promised = await Promise.all([open(), open(), open()])
  promised[0]?.get('/v1/rooms/lobby/inbox?uid=alice&wait=55')
  promised[1]?.get('/v1/rooms/lobby/inbox?uid=bob&wait=55')
  promised[2]?.get('/get/message?uid=carol')
  const idle = await open()
  idle.get('/get/msg?index=0')
  await until(() => wholeAnswers(idle.answer()).length === 1)
  const partial = await open()
  partial.socket.write('GET /v1/rooms/lobby/mess')
  const silent = await open()
  expect((await ask('/healthz')).status).toBe(200)

  const start = performance.now()
  const closed = close()
  // After the drain has begun, and before its end: another request, and what nobody may expect to be answered.
  await parked[0]?.ended()
  idle.socket.write(get('/get/msg?index=0'))
  const second = await idle.ended()
  for (const { ended } of [...parked, ...promised]) {
    const answers = answersIn(await ended())
    expect(answers.map(({ status }) => status)).toEqual([200])
    expect(answers[0]?.head).toMatch(/^connection: close$/im)
    expect(JSON.parse(answers[0]?.body ?? '')).toSatisfy((body) => body.messages?.length === 0 || body.status === false)
  }
  expect(answersIn(second).length).toBeGreaterThanOrEqual(1)
  await Promise.all([silent.ended(), partial.ended()])
  await closed
  expect(performance.now() - start).toBeLessThan(15_000)
})

it('what a client sends after its last answer takes that answer from nobody', async () => {
  const { url, ask, close } = await serving()
  const clients = await Promise.all(Array.from({ length: 20 }, () => connection(url)))
  for (const { socket } of clients) {
    socket.write(get('/v1/rooms/lobby/messages?after=0&wait=55'))
    socket.once('data', () => socket.write(get('/get/msg?index=0').repeat(3)))
  }
  expect((await ask('/healthz')).status).toBe(200)
  const closed = close()
  for (const { ended } of clients) expect(answersIn(await ended()).map(({ status }) => status)).toEqual([200])
  await closed
})
