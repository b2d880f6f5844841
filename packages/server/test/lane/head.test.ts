/** What the lane reads, against an oracle that knows only how the plainest of polls are built. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readHead } from '../../src/lane/head.ts'
import { readPoll, readSendTarget } from '../../src/lane/targets.ts'

const TOKEN = /^[a-zA-Z0-9-]$/

/** A head that is right in every detail, in parts. */
const parts = fc.record({
  target: fc.constantFrom(
    '/v1/rooms/lobby/messages?after=12~0123abcd&wait=25&limit=50',
    '/v1/rooms/lobby/inbox?uid=alice&ack=3&wait=25',
    '/get/msg?index=7&room=other',
    '/get/message?uid=bob',
  ),
  headers: fc.uniqueArray(
    fc.constantFrom('Accept: */*', 'User-Agent: curl/8.5.0', 'Cookie: a=b; c="d"', 'Connection: keep-alive', 'X-A:b'),
    { maxLength: 4 },
  ),
})

const write = (target: string, headers: readonly string[]) =>
  [`GET ${target} HTTP/1.1`, 'Host: localhost:8787', ...headers, '', ''].join('\r\n')

it('a plain head is read', () => {
  fc.assert(
    fc.property(parts, ({ target, headers }) => {
      const head = readHead(write(target, headers))
      expect(head?.target).toBe(target)
      expect(head?.fields.values.size).toBe(headers.length + 1)
      expect(readPoll(target)).toBeDefined()
    }),
  )
})

it('a head with one byte changed, added or missing is refused, or every byte still has one meaning', () => {
  const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code))
  fc.assert(
    fc.property(parts, fc.nat(), byte, fc.nat(2), ({ target, headers }, at, byte, kind) => {
      const whole = write(target, headers)
      const place = at % (whole.length - 4) // the end of a head is found before it is read
      const text = whole.slice(0, place) + (kind === 0 ? '' : byte) + whole.slice(kind === 1 ? place : place + 1)
      if (text.indexOf('\r\n\r\n') !== text.length - 4) return
      expect(readHead(text) !== undefined, JSON.stringify(text)).toBe(isPlain(text))
    }),
    { numRuns: 20_000 },
  )
})

/** Character by character: the same rules said in another way, without a regular expression over a whole line. */
function isPlain(text: string): boolean {
  const [first = '', ...lines] = text.slice(0, -4).split('\r\n')
  const words = first.split(' ')
  if (words.length !== 3 || words[0] !== 'GET' || words[2] !== 'HTTP/1.1') return false
  if (!words[1]?.startsWith('/') || ![...(words[1] ?? '')].every((char) => char > ' ' && char <= '~')) return false
  const names: string[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    if (colon < 1 || ![...name].every((char) => TOKEN.test(char) || "!#$%&'*+.^_`|~".includes(char))) return false
    const value = trim(line.slice(colon + 1))
    if (value === '' || ![...value].every((char) => char === '\t' || (char >= ' ' && char <= '~'))) return false
    if (value.endsWith(' ') || value.endsWith('\t')) return false
    if (name.toLowerCase() === 'connection' && value.toLowerCase() !== 'keep-alive') return false
    if (name.toLowerCase() === 'host' && !isHost(value)) return false
    names.push(name.toLowerCase())
  }
  const foreign = ['content-length', 'transfer-encoding', 'trailer', 'te', 'upgrade', 'http2-settings', 'expect']
  if ([...foreign, 'proxy-connection'].some((name) => names.includes(name))) return false
  return new Set(names).size === names.length && names.includes('host')
}

function trim(value: string): string {
  let from = 0
  while (value[from] === ' ' || value[from] === '\t') from++
  return value.slice(from)
}

function isHost(value: string): boolean {
  const [name = '', port, ...more] = value.split(':')
  if (more.length > 0 || name === '' || ![...name].every((char) => TOKEN.test(char) || char === '.')) return false
  if (port === undefined) return URL.canParse(`http://${name}`)
  return (
    port.length > 0 && port.length < 6 && [...port].every((char) => char >= '0' && char <= '9') && Number(port) < 65_536
  )
}

it('a head with a line that two readers could understand differently is refused, wherever it stands', () => {
  const bad = fc.constantFrom(
    'Content-Length: 0', 'content-length: 5', 'Transfer-Encoding: chunked', 'TE: trailers', 'Trailer: x', 'Upgrade: h2c',
    'EXPECT: 100-continue', 'HTTP2-Settings: x', 'Proxy-Connection: keep-alive', 'Connection: close', 'Connection: upgrade',
    'Connection: keep-alive, te', 'Host: localhost', 'hOsT: localhost', ' folded', '\tfolded', 'No-Colon', ': x', 'A B: c', 'A : b', 'Empty:',
    'Empty: ', 'X: a\rb', 'X: a\nb', 'X: a\0b', 'X: \x7f', 'X: \xe9', 'X: trailing ', 'X: trailing\t', '"q": x', 'a/b: c', 'a(b): c',
  ) // biome-ignore format: a list
  fc.assert(
    fc.property(parts, bad, fc.nat(), ({ target, headers }, line, at) => {
      const place = at % (headers.length + 1)
      const lines = [...headers.slice(0, place), line, ...headers.slice(place)]
      expect(readHead(write(target, lines))).toBeUndefined()
    }),
    { numRuns: 2000 },
  )
})

it('a send says how long its body is, in plain digits, and a poll has none', () => {
  const post = (...headers: string[]) =>
    readHead(['POST /v1/rooms/lobby/messages HTTP/1.1', 'Host: localhost', ...headers, '', ''].join('\r\n'))
  expect(post('Content-Length: 17')?.fields.bodyBytes).toBe(17)
  expect(post('content-length:0')?.fields.bodyBytes).toBe(0)
  const odd = ['+1', '01', '1.0', '1e1', '0x1', '-1', '1,1', '1 1', '1234567', '١'].map(
    (length) => `Content-Length: ${length}`,
  )
  for (const line of odd) expect([line, post(line)]).toEqual([line, undefined])
  expect(post()).toBeUndefined()
  expect(post('Content-Length: 1', 'Content-Length: 1')).toBeUndefined()
  expect(post('Content-Length: 1', 'Transfer-Encoding: chunked')).toBeUndefined()
  for (const method of ['PUT', 'post', 'PATCH', 'HEAD', 'GETT', ''])
    expect(readHead(`${method} /get/msg?index=0 HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toBeUndefined()
})

it('a target that is not a send in its plainest form is no send', () => {
  const room = '/v1/rooms/lobby'
  expect(readSendTarget(`${room}/messages`)).toEqual({ room: 'lobby' })
  expect(readSendTarget(`${room}/messages?uid=a.b-c&id=1~2`)).toEqual({ room: 'lobby', uid: 'a.b-c', id: '1~2' })
  const ofOthers = [
    `${room}/messages?`, `${room}/messages?uid=`, `${room}/messages?uid=a&uid=a`, `${room}/messages?uid=..`, `${room}/messages?id=a%20b`, `${room}/messages?id=`,
    `${room}/messages/`, `${room}/messages#x`, `${room}/messages?uid=a?id=b`, `${room}/inbox`, `${room}/inbox?uid=a`, '/v1/rooms/../messages', '/v1/rooms//messages',
    `/v1/rooms/${'x'.repeat(65)}/messages`, '/v1/rooms/lo%62by/messages', `/${room}/messages`, '/send/msg?text=x', '/send/message', '/v1',
  ] // biome-ignore format: a list
  for (const target of ofOthers) expect([target, readSendTarget(target)]).toEqual([target, undefined])
})

it('a target that is not a poll in its plainest form is no poll', () => {
  const room = '/v1/rooms/lobby'
  const ofOthers = [
    '/', '/v1', '/healthz', '/home/', '/send/msg?text=x', '/send/message?text=x', '/lang/?uid=a', '/get/msg', '/get/msg?', '/get/message',
    `${room}/messages`, `${room}/messages?limit=5`, `${room}/messages?before=5`, `${room}/messages?after=1&before=5`, `${room}/messages?after=`,
    `${room}/messages?after=01`, `${room}/messages?after=-1`, `${room}/messages?after=1~`, `${room}/messages?after=1~0123ABCD`, `${room}/messages?after=1&after=2`,
    `${room}/messages?after=%31`, `${room}/messages?after=1&wait=x`, `${room}/messages?after=1&limit=0`, `${room}/messages?after=1;wait=2`, `${room}/messages?after=1&`,
    `${room}/messages?&after=1`, `${room}/messages?after=1#x`, `${room}/messages?after=1?x=2`, `${room}/messages/?after=1`, `//v1/rooms/lobby/messages?after=1`,
    `${room}//messages?after=1`, `${room}/./messages?after=1`, `${room}/../lobby/messages?after=1`, '/v1/rooms/./messages?after=1', '/v1/rooms/../messages?after=1',
    '/V1/rooms/lobby/messages?after=1', '/v1/rooms/lo%62by/messages?after=1', `/v1/rooms/${'x'.repeat(65)}/messages?after=1`, '/v1/rooms//messages?after=1',
    `${room}/messages?AFTER=1`, `${room}/messages?after=1&wait=2+5`, `${room}/inbox?ack=1`, `${room}/inbox?uid=`, `${room}/inbox?uid=a%20b`, `${room}/inbox?uid=..`,
    `${room}/inbox?uid=${'x'.repeat(65)}`, `${room}/inbox?uid=a&ack=x`, '/get/msg?index=-1', '/get/msg?index=1.5', '/get/msg?index=1&room=..', '/get/message?uid=a&ack=',
    '/get/message?uid=a&uid=b', '/get/msg/?index=1', 'http://localhost/get/msg?index=1',
  ] // biome-ignore format: a list
  for (const target of ofOthers) expect([target, readPoll(target)]).toEqual([target, undefined])
})
