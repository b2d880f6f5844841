/** Requests for the differential test: polls of every kind, and everything that can be wrong or odd about them. */
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
  'Authorization: Bearer x', 'Authorization: Basic eA==', 'Forwarded: for=1', `X-Long: ${'l'.repeat(9000)}`,
] // biome-ignore format: a list

const headers = fc.oneof(
  { weight: 5, arbitrary: fc.constant<string[]>([]) },
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...oddHeaders), { minLength: 1, maxLength: 3 }) },
)

export type RawRequest = { text: string; hasBody: boolean }

/** One request as it goes over the wire. `known`: cursors that the log honours. */
export function rawRequests(known: string[]): fc.Arbitrary<RawRequest> {
  return fc
    .record({
      method: mostly('GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'get', 'GE T', 'QUERY', 'X'),
      target: target(known),
      version: mostly('HTTP/1.1', 'HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 '),
      host: fc.oneof({ weight: 30, arbitrary: host.map((line) => [line]) }, fc.constant<string[]>([])),
      headers,
      end: mostly('\r\n', '\n', '\r'),
    })
    .map(({ method, target, version, host, headers, end }) => ({
      text: [`${method} ${target} ${version}`, ...host, ...headers].map((line) => line + end).join('') + end,
      hasBody: method !== 'HEAD',
    }))
}
