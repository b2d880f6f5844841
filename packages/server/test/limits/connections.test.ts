import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { answersIn, get, until, wholeAnswers } from '../lane/lane-server.ts'
import { connection, serving } from '../sockets/serving.ts'

const POLL = '/v1/rooms/lobby/messages?after=0'

describe.each([{ lane: true }, { lane: false }])('lane: $lane', ({ lane }) => {
  it('one connection too many is told so, and there is room again when another closes', async () => {
    const { url } = await serving({ lane, limits: { 'connections-per-address': 2 } })
    const [first, second] = [await connection(url), await connection(url)]
    const refused = await connection(url)
    const [answer] = answersIn(await refused.ended())
    expect([answer?.status, JSON.parse(answer?.body ?? '').code]).toEqual([429, 'too-many-requests'])
    expect(answer?.head).toMatch(/^retry-after: 1$/im)
    first.socket.destroy()
    await until(async () => {
      const next = await connection(url)
      next.socket.write(get(POLL))
      await until(() => wholeAnswers(next.answer()).length === 1)
      return answersIn(next.answer())[0]?.status === 200
    })
    second.socket.write(get(POLL))
    await until(() => wholeAnswers(second.answer()).length === 1)
  })

  it('a crowd that says half a request and no more keeps nobody else from being answered, and is cut off', async () => {
    const { url, ask } = await serving({ lane })
    const crowd = Array.from({ length: 300 }, () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      onTestFinished(() => void socket.destroy())
      socket.on('error', () => socket.destroy())
      socket.write(`POST /v1/rooms/lobby/messages HTTP/1.1\r\nHost: localhost\r\nX-Slow: `)
      return once(socket.resume(), 'close')
    })
    for (let i = 0; i < 20; i++) expect((await ask(POLL)).status).toBe(200)
    await Promise.all(crowd)
    expect((await ask(POLL)).status).toBe(200)
  })
})
