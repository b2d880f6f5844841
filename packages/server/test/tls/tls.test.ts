import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { ServerConfig } from '../../src/config.ts'
import { startServer } from '../../src/server.ts'
import { answersIn, get, until, wholeAnswers } from '../lane/lane-server.ts'
import { serving } from '../sockets/serving.ts'
import { makeCertificate } from './certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'poll-chat-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))
const one = makeCertificate(folder, 'one')
const two = makeCertificate(folder, 'two')
const POLL = '/v1/rooms/lobby/messages?after=0'

async function secureConnection(url: string, options: ConnectionOptions) {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', servername: 'localhost', ...options })
  onTestFinished(() => void socket.destroy())
  let answer = ''
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text
  })
  await once(socket, 'secureConnect')
  return { socket, answer: () => answer }
}

describe.each([{ lane: true }, { lane: false }])('lane: $lane', ({ lane }) => {
  it('speaks HTTP/1.1 over TLS, sends, polls and long polls', async () => {
    const { url } = await serving({ lane, tls: one.files })
    expect(url).toMatch(/^https:/)
    const { socket, answer } = await secureConnection(url, { ca: one.pem })
    socket.write(get(`${POLL}&wait=55`))
    const other = await secureConnection(url, { ca: one.pem })
    const post = 'POST /v1/rooms/lobby/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello'
    other.socket.write(post)
    await until(() => wholeAnswers(answer()).length === 1 && wholeAnswers(other.answer()).length === 1)
    expect(answersIn(other.answer())[0]?.status).toBe(201)
    expect(answersIn(answer())[0]?.body).toContain('"text":"hello"')
  })

  it('speaks HTTP/2 to who asks for it, streams and problems included', async () => {
    const { url } = await serving({ lane, tls: one.files })
    const client = connectHttp2(url.replace('127.0.0.1', 'localhost'), { ca: one.pem })
    onTestFinished(() => client.destroy())
    const ask = async (headers: Record<string, string>, body?: string) => {
      const stream = client.request(headers)
      let status = 0
      let text = ''
      stream.on('response', (head) => {
        status = Number(head[':status'])
      })
      stream.setEncoding('utf8').on('data', (more) => {
        text += more
      })
      stream.end(body)
      await once(stream, 'close')
      return { status, text }
    }
    const path = '/v1/rooms/lobby/messages'
    const long = ask({ ':path': `${path}?after=0&wait=55` })
    expect(await ask({ ':path': path, ':method': 'POST' }, 'hello')).toMatchObject({ status: 201 })
    expect((await long).text).toContain('"text":"hello"')
    expect(await ask({ ':path': '/nowhere' })).toMatchObject({ status: 404, text: expect.stringContaining('"code"') })
    const events = client.request({ ':path': '/v1/rooms/lobby/events?after=0' })
    let said = ''
    events.setEncoding('utf8').on('data', (more) => {
      said += more
    })
    await until(() => said.includes('hello'))
    events.close()
  })
})

describe.each([{ lane: true }, { lane: false }])('lane: $lane', ({ lane }) => {
  it('a WebSocket works over TLS, sends included', async () => {
    const { url } = await serving({ lane, tls: one.files })
    const socket = new WebSocket(`${url.replace('https', 'wss')}/v1/rooms/lobby/socket?after=0`, { ca: one.pem })
    onTestFinished(() => socket.terminate())
    const said: string[] = []
    socket.on('message', (data) => said.push(String(data)))
    await once(socket, 'open')
    socket.send('{"type":"send","text":"hello"}')
    await until(() => said.some((frame) => frame.includes('"sent"')) && said.some((frame) => frame.includes('"batch"')))
  })

  it('another upgrade over TLS is answered as if it had not been asked for', async () => {
    const { url } = await serving({ lane, tls: one.files })
    const { socket, answer } = await secureConnection(url, { ca: one.pem })
    for (let asked = 1; asked <= 2; asked++) {
      socket.write(get(POLL, 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA'))
      await until(() => wholeAnswers(answer()).length === asked)
    }
    expect(answersIn(answer()).map(({ status }) => status)).toEqual([200, 200])
  })

  it('tells browsers of the network to come back by TLS alone, but not those of this machine', async () => {
    const headOf = async (config: Partial<ServerConfig>, ask: string) => {
      const { url } = await serving({ lane, ...config })
      const { socket, answer } = await secureConnection(url, { ca: one.pem })
      socket.write(ask)
      await until(() => wholeAnswers(answer()).length === 1)
      return answersIn(answer())[0]?.head
    }
    for (const ask of [get(POLL), get('/v1/rooms'), get('/nothing')]) {
      expect(await headOf({ tls: one.files, host: '0.0.0.0', open: true }, ask)).toMatch(
        /^strict-transport-security: max-age=2592000\r$/im,
      )
      expect(await headOf({ tls: one.files }, ask)).not.toMatch(/strict-transport-security/i)
    }
  })
})

it('takes nothing under TLS 1.2', async () => {
  const { url } = await serving({ tls: one.files })
  const old = { ca: one.pem, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await expect(secureConnection(url, old)).rejects.toThrow()
  await secureConnection(url, { ca: one.pem, maxVersion: 'TLSv1.2' })
})

it('shows another certificate when it is told to, and the old one when the new cannot be used', async () => {
  const files = { cert: join(folder, 'live.pem'), key: join(folder, 'live.key') }
  const put = ({ cert, key }: typeof files) => {
    copyFileSync(cert, files.cert)
    copyFileSync(key, files.key)
  }
  put(one.files)
  const { url, reload } = await serving({ tls: files })
  const shown = async () =>
    (await secureConnection(url, { rejectUnauthorized: false })).socket.getPeerCertificate().subject.CN
  const open = await secureConnection(url, { ca: one.pem })
  expect(await shown()).toBe('one')
  put(two.files)
  reload()
  expect(await shown()).toBe('two')
  writeFileSync(files.cert, 'broken')
  reload()
  expect(await shown()).toBe('two')
  put({ cert: one.files.cert, key: two.files.key })
  reload()
  expect(await shown()).toBe('two')
  open.socket.write(get(POLL)) // a connection from before is untouched
  await until(() => wholeAnswers(open.answer()).length === 1)
})

it('every thread shows the other certificate', async () => {
  const files = { cert: join(folder, 'shared.pem'), key: join(folder, 'shared.key') }
  const put = (from: typeof files) => {
    copyFileSync(from.cert, files.cert)
    copyFileSync(from.key, files.key)
  }
  put(one.files)
  const engine = `sqlite:${join(folder, 'threads.db')}`
  const { url, reload } = await serving({ engine, threads: 3, tls: files })
  const shown = async () => {
    const { socket } = await secureConnection(url, { rejectUnauthorized: false })
    const { CN } = socket.getPeerCertificate().subject
    socket.destroy()
    return CN
  }
  // The system shares connections out among the threads: of so many, some come to each.
  const all = async () => new Set(await Promise.all(Array.from({ length: 40 }, shown)))
  expect(await all()).toEqual(new Set(['one']))
  put(two.files)
  reload()
  await until(async () => !(await all()).has('one')) // the others are told by a message
  expect(await all()).toEqual(new Set(['two']))
})

it.each([
  ['a missing file', { cert: '/nowhere/a.pem', key: one.files.key }, /cannot be read: it does not exist/],
  ['a key for a certificate', { cert: one.files.key, key: one.files.key }, /holds no certificate/],
  ['a certificate for a key', { cert: one.files.cert, key: one.files.cert }, /holds no private key/],
  ['another one’s key', { cert: one.files.cert, key: two.files.key }, /does not belong to the certificate/],
])('refuses to start with %s, in one sentence', async (_what, tls, why) => {
  const start = startServer({ host: '127.0.0.1', port: 0, engine: 'memory:', logLevel: 'silent', tls })
  await expect(start).rejects.toThrow(why)
})

it('closing ends connections of both kinds', async () => {
  const { url, close } = await serving({ tls: one.files })
  const client = connectHttp2(url.replace('127.0.0.1', 'localhost'), { ca: one.pem })
  onTestFinished(() => client.destroy())
  const stream = client.request({ ':path': `${POLL}&wait=55` })
  let answer = ''
  stream.setEncoding('utf8').on('data', (text) => {
    answer += text
  })
  await once(client, 'connect')
  const idle = await secureConnection(url, { ca: one.pem })
  const ended = Promise.all([once(client, 'close'), once(idle.socket, 'close')])
  await new Promise((resolve) => setTimeout(resolve, 100))
  await close()
  await ended
  expect(answer).toContain('"messages":[]')
})
