import { join } from 'node:path'
import { expect, it } from 'vitest'
import { AddressInUse } from '../../src/http/listen.ts'
import { StartError } from '../../src/log/start-error.ts'
import { startServer } from '../../src/server.ts'
import { openForTest } from '../engines.ts'
import { sent } from '../http.ts'
import { answersIn, get, until, wholeAnswers } from '../lane/lane-server.ts'
import { connection, serving } from '../sockets/serving.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const CLIENTS = 48 // shared out among three threads by the system: none of them stays without one

const engine = () => `sqlite:${join(temporaryFolder(), 'chat.db')}`
const threads = () => serving({ engine: engine(), threads: 3 })
const clients = (url: string) => Promise.all(Array.from({ length: CLIENTS }, () => connection(url)))

/** Nobody can see from outside that a poll is parked in its thread: it was sent, and another has been answered since. */
async function parked(url: string): Promise<void> {
  for (let round = 0; round < 20; round++) await fetch(`${url}/healthz`, { headers: { Connection: 'close' } })
}

it('what is sent in one thread is answered to those who wait in all, whole and in order', async () => {
  const { url, ask } = await threads()
  const waiting = await clients(url)
  let next = '0'
  for (let round = 1; round <= 5; round++) {
    for (const { socket } of waiting) socket.write(get(`/v1/rooms/lobby/messages?after=${next}&wait=55`))
    const { message, next: after } = await sent(ask, 'lobby', `round ${round}`)
    await until(() => waiting.every(({ answer }) => wholeAnswers(answer()).length === round))
    for (const { answer } of waiting) {
      expect(JSON.parse(answersIn(answer()).at(-1)?.body ?? '')).toMatchObject({ messages: [message], next: after })
    }
    next = after
  }
})

it('of all polls on one inbox, in whichever threads, one alone goes on waiting', async () => {
  const { url, ask } = await threads()
  const polls = await clients(url)
  const ended = () => polls.filter(({ answer }) => wholeAnswers(answer()).length === 1)
  for (const [i, { socket }] of polls.entries()) {
    socket.write(get('/v1/rooms/lobby/inbox?uid=alice&wait=55'))
    await until(() => ended().length === i) // two that are written at once may begin in either order
  }
  for (const { answer } of ended()) expect(answer()).toContain('"superseded":true')
  const [waiting] = polls.filter((poll) => !ended().includes(poll))
  await sent(ask, 'lobby', 'x')
  await until(() => waiting?.answer().includes('"text":"x"') === true)
})

it('closing answers all who wait in all threads, and what was sent is stored', async () => {
  const path = engine()
  const { url, ask, close } = await serving({ engine: path, threads: 3 })
  const { message } = await sent(ask, 'lobby', 'kept')
  const waiting = await clients(url)
  for (const { socket } of waiting) socket.write(get('/v1/rooms/quiet/messages?after=0&wait=55'))
  await parked(url)
  await close()
  for (const { ended } of waiting) {
    const [answer] = answersIn(await ended())
    expect(answer?.head).toMatch(/^connection: close$/im)
    expect(JSON.parse(answer?.body ?? '')).toEqual({ messages: [], next: '0' })
  }
  await expect(fetch(url)).rejects.toThrow()
  expect(await (await openForTest(path)).log.read('lobby', { index: 0 }, 10)).toMatchObject({ messages: [message] })
})

it('a port that another server of several threads has is taken', async () => {
  const { url } = await threads()
  const config = { host: '127.0.0.1', port: Number(new URL(url).port), logLevel: 'silent' } as const
  const path = engine()
  await expect(startServer({ ...config, engine: path, threads: 3 })).rejects.toThrow(AddressInUse)
  await expect(startServer({ ...config, engine: path })).rejects.toThrow(AddressInUse)
  expect(await (await openForTest(path)).log.rooms(1)).toEqual([])
})

it('a log in memory is for one thread, and says so', async () => {
  const config = { host: '127.0.0.1', port: 0, engine: 'memory:', logLevel: 'silent', threads: 3 } as const
  await expect(startServer(config)).rejects.toThrow(StartError)
  await expect(startServer(config)).rejects.toThrow('Several threads need a log on disk')
})
