/** Who asks and does not read: what is kept for all of them is bounded, and others are served. */
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { get, until } from '../lane/lane-server.ts'
import { serving } from '../sockets/serving.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { makeCertificate } from '../tls/certificates.ts'

/** Six bytes of JSON each: a batch as large as it can be. */
const HEAVY = '\u0001'.repeat(16_000)
const GREEDY = 12

/** More than the system takes of answers for one who does not read. */
const PIPELINED = 20

/** What each asks again and again, with the lane and without. */
const WAYS = {
  'a poll in the lane': '/v1/rooms/lobby/messages?after=0&limit=500',
  'a page of history': '/v1/rooms/lobby/messages?limit=500',
  'the classic poll': '/get/msg?index=0',
  'several rooms': '/v1/sync?after=lobby@0&limit=500',
}

async function crowded() {
  const { url, ask } = await serving({ limits: { 'unsent-megabytes': 2 } })
  for (let message = 0; message < 20; message++)
    await ask('/v1/rooms/lobby/messages', { method: 'POST', body: `${message}${HEAVY}` })
  const greedy = Array.from({ length: GREEDY }, () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').pause()
    onTestFinished(() => void socket.destroy())
    return socket.on('error', () => socket.destroy())
  })
  const areSomeCut = async () => /cut_readers_total [1-9]/.test(await (await ask('/metrics')).text())
  return { ask, greedy, areSomeCut }
}

it.each(Object.entries(WAYS))(
  '%s, by many who read nothing: some are cut off, who reads is not',
  { timeout: 60_000 },
  async (_, path) => {
    const { ask, greedy, areSomeCut } = await crowded()
    while (!(await areSomeCut())) {
      for (const socket of greedy) if (socket.writable) socket.write(get(path))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(await (await ask(path)).text()).toContain('\\u0001')
  },
)

it.each(Object.entries(WAYS))('%s, asked for many times at once by each: so too', async (_, path) => {
  const { ask, greedy, areSomeCut } = await crowded()
  for (const socket of greedy) socket.write(get(path).repeat(PIPELINED))
  await until(areSomeCut)
  expect(await (await ask(path)).text()).toContain('\\u0001')
})

it('over HTTP/2, in streams for which there is no room at their client: so too', { timeout: 60_000 }, async () => {
  const { files, pem } = makeCertificate(temporaryFolder(), 'localhost')
  const { url } = await serving({ limits: { 'unsent-megabytes': 2 }, tls: files })
  const open = (initialWindowSize?: number) => {
    const session = connectHttp2(url, { ca: pem, ...(initialWindowSize === 0 && { settings: { initialWindowSize } }) })
    onTestFinished(() => session.destroy())
    return session.on('error', () => session.destroy())
  }
  const reader = open()
  const ask = async (path: string, body?: string) => {
    const request = reader.request({ ':path': path, ':method': body === undefined ? 'GET' : 'POST' })
    request.end(body)
    return text(request)
  }
  for (let message = 0; message < 20; message++) await ask('/v1/rooms/lobby/messages', `${message}${HEAVY}`)
  const path = WAYS['a page of history']
  for (let one = 0; one < GREEDY; one++) {
    const request = open(0).request({ ':path': path })
    request.on('error', () => undefined).end()
  }
  await until(async () => /cut_readers_total [1-9]/.test(await ask('/metrics')))
  expect(await ask(path)).toContain('\\u0001')
})
