/** Requests for the differential test: polls and sends of every kind, and everything that can be wrong or odd about them. */
import fc from 'fast-check'

/** Mostly the first, now and then one of the others. */
const mostly = <T>(first: T, ...others: T[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(first) }, { weight: 1, arbitrary: fc.constantFrom(...others) })

const cursor = (known: string[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('0', ...known) },
    { weight: 2, arbitrary: fc.nat(40).map(String) },
    fc.constantFrom(
      '00',
      '01',
      '-1',
      '1~',
      '1~0000000g',
      '2~00000000',
      '99',
      '999999999999999',
      '9999999999999999',
      '',
      'x',
      '1.5',
      '1e2',
      '%30',
      '+1',
      '１',
    ),
  )

const limit = fc.constantFrom(
  '1',
  '2',
  '100',
  '500',
  '501',
  '999999',
  '0',
  '',
  '-1',
  '1.5',
  'x',
  '1000000',
  '%31',
  '01',
)
const wait = mostly('0', '0.05', 'x', '', '-1', '0.0001', '1e1')
const uid = mostly(
  'alice',
  'bob',
  'a.b-c_d',
  '.',
  '..',
  'x'.repeat(64),
  'x'.repeat(65),
  '%61',
  'é',
  'caf%C3%A9',
  '%ff',
  '%',
  'a b',
  'a+b',
  '',
)
/** A send changes what the next one is answered, so each worker of the test has a room of its own for `sends`. */
const sendRoom = mostly('sends', 'sends', 'Sends', '.', '..', 'x'.repeat(65), 'a%2Fb', 'se%6Eds', '', 'a/b', '%')

const room = mostly(
  'lobby',
  'empty',
  'Lobby',
  '.',
  '..',
  'x'.repeat(64),
  'x'.repeat(65),
  'a%2Fb',
  'lo%62by',
  '%F0%9F%92%AC',
  '',
  'a/b',
  '%',
)

/** Only parameters that end at once: `ack=0` opens an inbox before the first message. */
const parameters = (known: string[]) => ({
  messages: fc.record(
    { after: cursor(known), limit, wait, before: cursor(known), odd: fc.constant('1') },
    { requiredKeys: ['after'] },
  ),
  inbox: fc.record({ uid, ack: fc.constant('0'), limit, wait }, { requiredKeys: ['uid', 'ack'] }),
  classicPoll: fc.record({ index: cursor(known), room }, { requiredKeys: ['index'] }),
  classicLong: fc.record(
    { uid, ack: mostly('0', 'x', ''), room: fc.constant('lobby') },
    { requiredKeys: ['uid', 'ack'] },
  ),
})

const toQuery = (pairs: object) => Object.entries(pairs).map(([name, value]) => `${name}=${value}`)

const target = (known: string[]) => {
  const of = parameters(known)
  const queries = fc.oneof(
    fc.tuple(
      room.map((name) => `/v1/rooms/${name}/messages`),
      of.messages.map(toQuery),
    ),
    fc.tuple(
      room.map((name) => `/v1/rooms/${name === 'empty' ? 'lobby' : name}/inbox`),
      of.inbox.map(toQuery),
    ),
    fc.tuple(fc.constant('/get/msg'), of.classicPoll.map(toQuery)),
    fc.tuple(fc.constant('/get/message'), of.classicLong.map(toQuery)),
  )
  const twist = mostly<(path: string, query: string[]) => string>(
    (path, query) => `${path}?${query.join('&')}`,
    (path, query) => `${path}?${query.toReversed().join('&')}`,
    (path, query) => `${path}?${query.join('&')}&${query[0]}`,
    (path, query) => `${path}?&${query.join('&')}`,
    (path, query) => `${path}?${query.join('&')}&`,
    (path, query) => `${path}?${query.join(';')}`,
    (path, query) => `${path}/?${query.join('&')}`,
    (path, query) => `/${path}?${query.join('&')}`,
    (path, query) => `http://localhost${path}?${query.join('&')}`,
    (path, query) => `${path}?${query.join('&')}#fragment`,
    (path, query) => `${path}?${query.join('&')}?x=1`,
    (path, query) => `${path.toUpperCase()}?${query.join('&')}`,
    (path, query) => `${path}?${query.join('&')}&pad=${'p'.repeat(9000)}`,
    (path, query) => `${path} ?${query.join('&')}`,
    (path, query) => `${path}?${query.join('&')}&tab=\t`,
    (path, query) => `${path}?${query.join('&')}&quote="<>`,
    () => '*',
    () => '/v1',
  )
  return fc.tuple(queries, twist).map(([[path, query], write]) => write(path, query))
}

const host = mostly(
  'Host: localhost',
  'host:127.0.0.1:80',
  'HOST: \t[::1]:9 ',
  'Host: evil.example',
  'Host:',
  'Host: a b',
  'Host: local_host',
  'Host: localhost:99999',
  'Host: localhost/x',
  'Host: user@localhost',
  'Host: lócalhost',
)

const oddHeaders = [
  'Connection: keep-alive', 'Connection: Keep-Alive', 'Connection: close', 'Connection: keep-alive, x', 'Connection: upgrade',
  'Content-Length: 0', 'Content-Length: +0', 'Content-Length: 00', 'Content-Length: x', 'Transfer-Encoding: identity', 'TE: trailers', 'Trailer: x',
  'Upgrade: websocket', 'Expect: 100-continue', 'Expect: x', 'HTTP2-Settings: x', 'Host: second', 'Accept: */*', 'Accept-Encoding: gzip, br', 'Range: bytes=0-1',
  'If-None-Match: *', 'Cookie: a=b; c=d', 'X-Empty:', 'X-Tab:\ta\tb', 'X-High: \xe9', 'X-Nul: \0', 'X Space: 1', 'X-Space : 1', ' folded', 'NoColon', ': nameless', 'X-Cr: a\rb', 'X-Lf: a\nb',
  'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Site: none', 'Origin: http://localhost', 'Origin: http://evil.example', 'Origin: null', 'Sec-Purpose: prefetch', 'Purpose: prefetch',
  'Authorization: Bearer x', `Poll-Chat-Claim: ${'a'.repeat(43)}`, `Poll-Chat-Claim: ${'b'.repeat(43)}`, 'Poll-Chat-Claim: short', 'Poll-Chat-Room-Key: correct-horse', 'poll-chat-room-key:battery-staple ', 'Poll-Chat-Room-Key: short', 'Poll-Chat-Room-Key: correct-horse, battery-staple', 'Authorization: Basic eA==', 'Forwarded: for=1', `X-Long: ${'l'.repeat(9000)}`,
] // biome-ignore format: a list

const headers = fc.oneof(
  { weight: 5, arbitrary: fc.constant<string[]>([]) },
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...oddHeaders), { minLength: 1, maxLength: 3 }) },
)

export type RawRequest = { text: string; hasBody: boolean }

const version = mostly('HTTP/1.1', 'HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ')
const hosts = fc.oneof({ weight: 30, arbitrary: host.map((line) => [line]) }, fc.constant<string[]>([]))
const lineEnd = mostly('\r\n', '\n', '\r')

/** One request as it goes over the wire. `known`: cursors that the log honours. */
export function rawRequests(known: string[]): fc.Arbitrary<RawRequest> {
  return fc.oneof({ weight: 3, arbitrary: polls(known) }, { weight: 1, arbitrary: sends })
}

function polls(known: string[]): fc.Arbitrary<RawRequest> {
  return fc
    .record({
      method: mostly('GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'get', 'GE T', 'QUERY', 'X'),
      target: target(known),
      version,
      host: hosts,
      headers,
      end: lineEnd,
    })
    .map(({ method, target, version, host, headers, end }) => ({
      text: [`${method} ${target} ${version}`, ...host, ...headers].map((line) => line + end).join('') + end,
      hasBody: method !== 'HEAD',
    }))
}

const id = mostly('one', 'two', 'a:b', 'x'.repeat(64), 'x'.repeat(65), '%61', 'é', '')

const contentType = mostly(
  'Content-Type: application/json',
  'content-type:application/json; charset=utf-8',
  'Content-Type: text/plain',
  'Content-Type: application/problem+json',
  'Content-Type: application/x-www-form-urlencoded',
  'Content-Type: application/jsonp',
  'Content-Type:',
  'Content-Type: application/json, text/plain',
)

/** As latin1: each character is a byte. */
const body = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record(
        { text: mostly('hello', 'línea 你好', '\u0000', '', ' ', '\ud800', 'x'.repeat(7000), 'x'.repeat(17_000)), uid, id },
        { requiredKeys: ['text'] },
      )
      .map((send) => utf8(JSON.stringify(send))),
  },
  fc.constantFrom('hello', '\ufeffBOM', '{"text":"a","text":"b"}', '{"text":1}', '[]', 'null', '"x"', '{', '', '{"text":"a","odd":1}').map(utf8),
  fc.constantFrom('\xff', 'a\xc3', '\0', '\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n'),
) // biome-ignore format: lists

/** What says how long the body is. */
const framing = mostly<(body: string) => [string[], string]>(
  (body) => [[`Content-Length: ${body.length}`], body],
  (body) => [[`content-length:${body.length} `], body],
  (body) => [[`Content-Length: 0${body.length}`], body],
  (body) => [[`Content-Length: ${body.length}`, `Content-Length: ${body.length}`], body],
  (body) => [['Transfer-Encoding: chunked'], `${body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`],
  () => [[], ''],
) // biome-ignore format: a list

const sends: fc.Arbitrary<RawRequest> = fc
  .record({
    method: mostly('POST', 'PUT', 'PATCH', 'post'),
    path: sendRoom.map((name) => `/v1/rooms/${name}/messages`),
    query: fc.record({ uid, id, odd: fc.constant('1') }, { requiredKeys: [] }).map(toQuery),
    version,
    host: hosts,
    type: fc.oneof({ weight: 5, arbitrary: contentType.map((line) => [line]) }, fc.constant<string[]>([])),
    headers,
    body,
    framing,
    end: fc.constant('\r\n'),
  })
  .map(({ method, path, query, version, host, type, headers, body, framing, end }) => {
    const [length, framed] = framing(body)
    const target = query.length > 0 ? `${path}?${query.join('&')}` : path
    const lines = [`${method} ${target} ${version}`, ...host, ...type, ...headers, ...length]
    return { text: lines.map((line) => line + end).join('') + end + framed, hasBody: true }
  })

function utf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}
