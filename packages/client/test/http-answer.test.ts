/** What bytes mean as an answer: the bare socket and node:http, which is the judge, are shown the same. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { networkReason } from '../src/network-reason.ts'
import { nodeHttpFetch } from '../src/node-http-fetch.ts'
import { socketFetch } from '../src/socket-fetch.ts'
import type { FetchLike } from '../src/types.ts'

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n'
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`

const WHOLE = {
  'a length': `${OK}content-length: 5\r\n\r\nhello`,
  'a length of nothing': `${OK}content-length: 0\r\n\r\n`,
  'characters of several bytes': `${OK}content-length: 9\r\n\r\n你好é!`,
  'a byte order mark': `${OK}content-length: 5\r\n\r\n\ufeffhi`,
  'more than it says': `${OK}content-length: 2\r\n\r\nhello`,
  'no length': `${OK}\r\nuntil the end`,
  'HTTP/1.0': 'HTTP/1.0 200 OK\r\n\r\nuntil the end',
  'no reason phrase': 'HTTP/1.1 201 \r\ncontent-length: 2\r\n\r\nhi',
  'neither phrase nor space': 'HTTP/1.1 201\r\ncontent-length: 2\r\n\r\nhi',
  'no content': 'HTTP/1.1 204 No Content\r\n\r\n',
  'not modified, with a length': 'HTTP/1.1 304 Not Modified\r\ncontent-length: 10\r\n\r\n',
  'news before the answer': `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}content-length: 2\r\n\r\nhi`,
  'headers with odd space': `${OK}CONTENT-LENGTH:\t 2 \t\r\nretry-after:3\r\nx-empty:\r\n\r\nhi`,
  'a header that comes twice': `${OK}x-two: a\r\nX-Two: b\r\ncontent-length: 2\r\n\r\nhi`,
  chunks: `${CHUNKED}5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n`,
  'chunks with extensions': `${CHUNKED}5;a=b\r\nhello\r\nA;c\r\n0123456789\r\n0\r\n\r\n`,
  'chunks with trailers': `${CHUNKED}5\r\nhello\r\n0\r\nx-sum: 1\r\nx-other: 2\r\n\r\n`,
  'chunks with zeros before the size': `${CHUNKED}0005\r\nhello\r\n000\r\n\r\n`,
  'chunks of nothing': `${CHUNKED}0\r\n\r\n`,
  'Chunked in capitals': `${OK}Transfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
}

const CUT = {
  'nothing at all': '',
  'half a head': `${OK}content-le`,
  'half a status line': 'HTT',
  'half a body': `${OK}content-length: 50\r\n\r\nhello`,
  'half a chunk': `${CHUNKED}50\r\nhello`,
  'chunks without an end': `${CHUNKED}5\r\nhello\r\n`,
  'trailers without an end': `${CHUNKED}0\r\nx: y\r\n`,
  'only news': 'HTTP/1.1 100 Continue\r\n\r\n',
  'a size that is none': `${CHUNKED}x\r\nhello\r\n0\r\n\r\n`,
  'a chunk that is longer than it says': `${CHUNKED}2\r\nhello\r\n0\r\n\r\n`,
}

const OTHER = {
  'another protocol': 'SSH-2.0-OpenSSH_9.6\r\n',
  'HTML alone': '<html>hello</html>',
  'no status': 'HTTP/1.1 OK\r\n\r\n',
  'a header without a name': `${OK}: x\r\ncontent-length: 2\r\n\r\nhi`,
  'a header without a colon': `${OK}hello\r\ncontent-length: 2\r\n\r\nhi`,
  'a space before the colon': `${OK}content-length : 2\r\n\r\nhi`,
  'a length that is none': `${OK}content-length: x\r\n\r\nhi`,
  'a negative length': `${OK}content-length: -2\r\n\r\nhi`,
  'two lengths': `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nhi!`,
  'length and chunks': `${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'endless headers': `${OK}${'x: y\r\n'.repeat(10_000)}`,
}

let says = ''
let piece = Number.POSITIVE_INFINITY
const server = createServer((socket) => {
  socket.on('error', () => undefined) // whoever has seen enough leaves
  socket.once('data', () => {
    const bytes = Buffer.from(says)
    for (let at = 0; at < bytes.length; at += piece) socket.write(bytes.subarray(at, at + piece))
    socket.end()
  })
})

beforeEach(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
})

afterEach(() => void server.close())

/** What comes of it, as the client tells it. */
async function outcome(fetch: FetchLike) {
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const init = { method: 'GET', headers: {}, signal: AbortSignal.timeout(20_000) } as const
  try {
    const { status, headers, text } = await fetch(`http://127.0.0.1:${port}/v1`, init)
    const names = ['content-type', 'Content-Length', 'retry-after', 'x-two', 'x-empty', 'absent']
    return { status, headers: names.map((name) => headers.get(name)), text: await text() }
  } catch (error) {
    return networkReason(error)
  }
}

describe.each([
  ['at once', Number.POSITIVE_INFINITY],
  ['byte by byte', 1],
])('%s', (_how, size) => {
  const check = async (bytes: string, expected: object) => {
    says = bytes
    piece = size
    expect(await outcome(socketFetch)).toEqual(await outcome(nodeHttpFetch))
    expect(await outcome(socketFetch)).toMatchObject(expected)
  }

  test.each(Object.entries(WHOLE))('%s is an answer', (_what, bytes) =>
    check(bytes, { status: expect.any(Number), text: expect.any(String) }),
  )

  test.each(Object.entries(CUT))('%s is cut', (_what, bytes) => check(bytes, { reason: 'the connection was cut' }))

  test.each(Object.entries(OTHER).filter(([what]) => size > 1 || what !== 'endless headers'))(
    '%s is not HTTP',
    (_what, bytes) => check(bytes, { reason: 'this is not an HTTP server' }),
  )
})
