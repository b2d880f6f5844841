/** SIGTERM with many who wait: all are answered, nobody is cut off, and it does not take long. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ServerProcess } from './fixture/server-process.ts'

const WAITERS = 200

let server: ServerProcess

beforeEach(async () => {
  server = await ServerProcess.start()
})

afterEach(() => server.dispose())

type Answer = { status: number | undefined; body: string }

/** Starts polls that hang, half of them by cursor and half by uid. */
async function hang(count: number): Promise<Promise<Answer>[]> {
  const polls = Array.from({ length: count }, (_, i) => {
    const path = i % 2 === 0 ? 'messages?after=0' : `inbox?uid=u${i}`
    const asked = Promise.withResolvers<void>()
    const answered = new Promise<Answer>((resolve, reject) => {
      const poll = request(`${server.url}/v1/rooms/quiet/${path}&wait=55`, { agent: false }, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode, body }), reject)
      })
      poll.on('error', reject).on('finish', asked.resolve).end()
    })
    return { asked: asked.promise, answered }
  })
  await Promise.all(polls.map(({ asked }) => asked))
  // What comes later is answered later: after these, all of the polls have been read and wait.
  const client = createClient({ url: server.url, uid: 'ada' })
  for (const word of ['one', 'two', 'three']) await client.send(word, { room: 'busy' })
  return polls.map(({ answered }) => answered)
}

test(`${WAITERS} hanging polls are all answered, and it ends with 0 within 5 s`, { timeout: 60_000 }, async () => {
  const polls = await hang(WAITERS)
  const asked = performance.now()
  server.signal('SIGTERM')
  const answers = await Promise.all(polls)
  expect(answers).toEqual(Array.from({ length: WAITERS }, () => ({ status: 200, body: '{"messages":[],"next":"0"}' })))
  expect(await server.ended).toEqual({ code: 0, signal: null })
  expect(performance.now() - asked).toBeLessThan(5_000)
  expect(server.output).toContain(`"waiting":${WAITERS},"msg":"closing"`)
})

test('a second signal ends it at once, though a request is under way', { timeout: 60_000 }, async () => {
  const [poll] = await hang(1)
  const slow = connect(server.port, '127.0.0.1')
  slow.on('error', () => undefined)
  try {
    slow.write('POST /v1/rooms/lobby/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf')
    await createClient({ url: server.url }).info() // what came before has been read by now
    server.signal('SIGTERM')
    await poll
    await pause(500) // a signal that comes at once is the same one
    expect(server.isRunning).toBe(true)
    server.signal('SIGTERM')
    expect(await server.ended).toEqual({ code: 1, signal: null })
  } finally {
    slow.destroy()
  }
})
