import { MAX_BODY_BYTES, MAX_HEADERS } from '@poll-chat/protocol'
import { problemSchema } from '@poll-chat/protocol/schemas'
import { describe, expect, it } from 'vitest'
import { refusal } from '../http.ts'
import { connection, parseAnswer, serving } from './serving.ts'

/** What a plain connection is answered with, as a problem, when the server ends it. */
async function refusedWith(url: string, request: string) {
  const { socket, ended } = await connection(url)
  socket.write(request)
  const { status, headers, body } = parseAnswer(await ended())
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect([headers.get('x-content-type-options'), headers.get('cache-control')]).toEqual(['nosniff', 'no-store'])
  expect(Number(headers.get('content-length'))).toBe(Buffer.byteLength(body))
  const problem = problemSchema.strict().parse(JSON.parse(body))
  expect(problem.status).toBe(status)
  return `${status} ${problem.code}`
}

describe('what Node refuses before there is a request is a problem document:', () => {
  it('a head that is too large', async () => {
    const { url } = await serving()
    const head = `GET /v1 HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'x'.repeat(70_000)}\r\n\r\n`
    expect(await refusedWith(url, head)).toBe('431 head-too-large')
    expect(await refusedWith(url, `GET /${'x'.repeat(70_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toBe(
      '431 head-too-large',
    )
  })

  it('a head of too many headers, also of what the lane would read', async () => {
    const { url } = await serving()
    const lines = (count: number) => Array.from({ length: count }, (_, i) => `x${i.toString(36)}:y\r\n`).join('')
    for (const start of ['GET /v1 HTTP/1.1', 'GET /v1/rooms/lobby/messages?after=0 HTTP/1.1']) {
      const head = (count: number) => `${start}\r\nHost: localhost\r\n${lines(count - 1)}\r\n`
      const { socket, answer } = await connection(url)
      socket.write(head(MAX_HEADERS))
      await expect.poll(() => parseAnswer(answer()).status).toBe(200)
      expect(await refusedWith(url, head(MAX_HEADERS + 1))).toBe('431 head-too-large')
      const other = await connection(url)
      other.socket.write(head(MAX_HEADERS + 1))
      expect(parseAnswer(await other.ended()).body).toContain('over 65536 bytes, or more than 1000 headers.')
    }
  })

  it('what takes the server for a proxy', async () => {
    const { url } = await serving()
    expect(await refusedWith(url, 'CONNECT chat.example:443 HTTP/1.1\r\nHost: chat.example:443\r\n\r\n')).toBe(
      '405 method-not-allowed',
    )
  })

  it('but what it cannot expect is served all the same', async () => {
    const { url } = await serving()
    const { socket, ended } = await connection(url)
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\nConnection: close\r\n\r\n')
    expect(parseAnswer(await ended())).toMatchObject({ status: 200, body: 'ok\n' })
  })

  it('what is not HTTP', async () => {
    const { url } = await serving()
    for (const garbage of ['hello\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', '\u0016\u0003\u0001'])
      expect([garbage, await refusedWith(url, garbage)]).toEqual([garbage, '400 bad-request'])
  })

  it('and the connection is gone soon after, also when the client keeps its side open', async () => {
    const { url, close } = await serving()
    const { socket, ended } = await connection(url)
    socket.write('hello\r\n\r\n')
    await ended()
    await new Promise((resolve) => setTimeout(resolve, 1200))
    const start = performance.now()
    await close() // waits for connections that are left
    expect(performance.now() - start).toBeLessThan(1000)
  })

  it('half a head, after its time', { timeout: 20_000 }, async () => {
    const { url } = await serving()
    const start = performance.now()
    expect(await refusedWith(url, 'GET /v1 HTTP/1.1\r\nHost: loc')).toBe('408 timeout')
    expect(performance.now() - start).toBeGreaterThanOrEqual(10_000)
    expect(performance.now() - start).toBeLessThan(15_000)
  })
})

describe('what the application refuses reaches its client:', () => {
  it('a URL that is too long', async () => {
    const { ask } = await serving()
    expect(await refusal(ask(`/send/msg?text=${'x'.repeat(52_000)}`))).toBe('414 url-too-long')
  })

  it('a body that is too large, with its length said before or not', async () => {
    const { ask, url } = await serving()
    const large = new Uint8Array(MAX_BODY_BYTES + 1).fill(0x78)
    const path = '/v1/rooms/lobby/messages'
    expect(await refusal(ask(path, { method: 'POST', body: large }))).toBe('413 body-too-large')
    const chunk = 'x'.repeat(10_000)
    const chunks = `${(10_000).toString(16)}\r\n${chunk}\r\n`.repeat(12)
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`
    const { socket, answer } = await connection(url)
    socket.write(`${head}${chunks}0\r\n\r\n`)
    await expect.poll(() => parseAnswer(answer()).status).toBe(413)
    expect((await ask(path, { method: 'POST', body: 'x' })).status).toBe(201)
  })

  it('a Host that is missing or is no host', async () => {
    const { url } = await serving()
    for (const request of ['GET /v1 HTTP/1.0\r\n\r\n', 'GET /v1 HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'])
      expect([request, await refusedWith(url, request)]).toEqual([request, '400 bad-request'])
  })

  it('a foreign Host', async () => {
    const { url } = await serving()
    const foreign = 'GET /v1 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'
    const { socket, ended } = await connection(url)
    socket.write(foreign)
    expect(parseAnswer(await ended()).status).toBe(403)
  })
})
