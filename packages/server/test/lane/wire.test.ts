import { expect, it } from 'vitest'
import { answersIn, get, laneServer, until, wholeAnswers } from './lane-server.ts'

const POLL = '/v1/rooms/lobby/messages?after=0'
const SEND = ['POST /v1/rooms/lobby/messages HTTP/1.1', 'Host: localhost', 'Content-Length: 5', '', 'hello'].join(
  '\r\n',
)

for (const [name, offers] of [
  ['reads of all connections go through one buffer', true],
  ['a Node that offers no buffer for that is served all the same', false],
] as const) {
  it(name, async () => {
    const { server, connect, lane, handedOn } = await laneServer()
    let listeners = 0
    server.prependListener('connection', (socket) => {
      const handle: unknown = Reflect.get(socket, '_handle')
      if (!offers && typeof handle === 'object' && handle !== null)
        Object.defineProperty(handle, 'useUserBuffer', { value: undefined })
      setImmediate(() => {
        listeners += socket.listenerCount('data')
      })
    })
    const { socket, answer } = await connect()
    for (const [count, request] of [get(POLL), SEND, get(POLL)].entries()) {
      socket.write(request.slice(0, 10))
      await new Promise((resolve) => setTimeout(resolve, 5))
      socket.write(request.slice(10))
      await until(() => wholeAnswers(answer()).length === count + 1)
    }
    const bodies = answersIn(answer()).map(({ body }) => body)
    expect(bodies.map((body) => body.includes('"text":"hello"'))).toEqual([false, true, true])
    expect([listeners, lane.connections, handedOn()]).toEqual([offers ? 0 : 1, 1, 0])
  })
}

it('connections that speak at once never see each other’s bytes', async () => {
  const { connect, log } = await laneServer()
  const texts = Array.from({ length: 20 }, (_, i) => `from ${i} ${'x'.repeat(i * 50)}`)
  await Promise.all(
    texts.map(async (text, i) => {
      const { socket, answer } = await connect()
      const head = `POST /v1/rooms/lobby/messages?uid=u${i} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${text.length}\r\n\r\n`
      // In halves, so that many are kept while others read; the last one goes on by node:http.
      socket.write((head + text).slice(0, 70))
      await new Promise((resolve) => setTimeout(resolve, 10))
      socket.write(`${(head + text).slice(70)}${i % 2 === 0 ? '' : get(POLL)}`)
      await until(() => wholeAnswers(answer()).length === 1 + (i % 2))
    }),
  )
  const { messages } = await log.read('lobby', { index: 0 }, 100)
  const sent = messages.map(({ from, text }) => [from.uid, text])
  expect(sent.sort()).toEqual(texts.map((text, i) => [`u${i}`, text]).sort())
})
