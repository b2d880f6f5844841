/** Requests of every route that the server describes: mostly right, and with everything that may be wrong about one. */
import fc from 'fast-check'

const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth)
const encoded = (text) => encodeURIComponent(text.toWellFormed())

/** What parameters usually have. */
const USUAL = {
  room: ['lobby', 'tea', '%E8%8C%B6'],
  uid: ['alice', 'bob', 'zo%C3%AB'],
  after: ['0', '1', '2', '99', 'lobby@0', 'lobby@0,tea@1'],
  before: ['1', '5'],
  ack: ['0', '1'],
  limit: ['1', '100', '500'],
  wait: ['0', '0.01'],
  index: ['0', '3'],
  text: ['hello', '%E4%BD%A0'],
  q: ['hello', '%E5%A4%A9%E6%B0%94', '%22a+b%22'],
  id: ['a-1', 'b-2'],
  ephemeral: ['1', '0'],
  presence: ['off'],
}

const ODD_VALUES = [
  ...['', '%', '%ff', '%00', '..', '.', 'a%2Fb', '*', "'", '%22', '1~00000000', '-1', '1e999', 'NaN', 'null', '0.05'],
  ...['9007199254740993', '__proto__', 'constructor', '[object Object]', 'lobby@', '@0', 'a,b', '%E2%80%AE', '１', 'é'],
  ...['x'.repeat(65), 'x'.repeat(9_000)],
]

const odd = fc.oneof(
  fc.constantFrom(...ODD_VALUES),
  fc.string({ maxLength: 12 }).map(encoded),
  fc.string({ unit: 'binary', maxLength: 6 }).map(encoded),
)

const valueFor = (name) =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...(USUAL[name] ?? ['1'])) }, { weight: 1, arbitrary: odd })

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket'
const HEADERS = [
  ...['Authorization: Bearer', 'Authorization: Bearer x', 'Poll-Chat-Claim: x', `Poll-Chat-Claim: ${'A'.repeat(43)}`],
  ...['Origin: null', 'Origin: http://evil.example', 'Sec-Fetch-Site: cross-site', 'Sec-Purpose: prefetch'],
  ...[
    'Accept-Encoding: gzip;q=x',
    'Last-Event-ID: x',
    'Last-Event-ID: 1~00000000',
    'Range: bytes=0-1',
    'If-None-Match: *',
  ],
  ...['X-Forwarded-For: a,,b', 'Forwarded: for="_x"', 'Expect: x', 'Expect: 100-continue', 'Upgrade: h2c', UPGRADE],
  ...[
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: x',
    'Content-Length: 5',
    'Content-Length: x',
    'HTTP2-Settings: AA',
  ],
  ...[`${UPGRADE}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==`],
  ...['Host: x', 'Host:', 'Host: [::1', `X: ${'y'.repeat(20_000)}`, 'Bad Header: x', ': x', 'X: \u0001', 'Cookie: a=b'],
]
const TYPES = ['application/json', 'text/plain', 'application/json; charset=utf-16', 'multipart/form-data', 'x', '']
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE', 'BREW', 'CONNECT']

const FIELDS = {
  text: fc.oneof({ weight: 4, arbitrary: fc.constantFrom('hello', '你好', 'x'.repeat(16_384)) }, fc.jsonValue()),
  uid: fc.oneof({ weight: 4, arbitrary: fc.constantFrom('alice', 'bob') }, fc.jsonValue()),
  id: fc.oneof({ weight: 4, arbitrary: fc.uuid() }, fc.jsonValue()),
  for_ms: fc.oneof(fc.nat(40_000), fc.jsonValue()),
}
const ODD_BODIES = [
  ...[
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '\ufeff{}',
    '{"text":"\\ud800"}',
    '{"text":"a","text":"b"}',
    '{"__proto__":{"text":"x"}}',
  ],
  ...[nested(100), nested(5_000), `{"text":${nested(5_000)}}`, 'x'.repeat(200_000)],
]
const body = fc.oneof(
  { weight: 5, arbitrary: fc.record(FIELDS, { requiredKeys: ['text'] }).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_BODIES) },
  { weight: 1, arbitrary: fc.string() },
)

/** @param description what `GET /openapi.json` answers; @returns an arbitrary of requests as bytes, with their first line */
export function oddRequests(description) {
  const routes = Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { parameters = [] }]) => ({ path, method, parameters })),
  )
  return fc.constantFrom(...routes).chain(requestOf)
}

function requestOf({ path, method, parameters }) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  const query = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)
  return fc
    .record({
      method: fc.oneof({ weight: 9, arbitrary: fc.constant(method.toUpperCase()) }, fc.constantFrom(...METHODS)),
      places: fc.tuple(...inPath.map(valueFor)),
      query: fc.tuple(...query.map((name) => fc.option(fc.tuple(fc.constant(name), valueFor(name))))),
      further: fc.option(fc.tuple(fc.constantFrom('wait', 'uid', 'zz', ...query), odd), { freq: 5 }),
      headers: fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        fc.array(fc.constantFrom(...HEADERS), { minLength: 1, maxLength: 2 }),
      ),
      type: fc.oneof({ weight: 3, arbitrary: fc.constant(TYPES[0]) }, fc.constantFrom(...TYPES)),
      body: method === 'get' ? fc.constant(undefined) : body,
    })
    .map((request) => toBytes(path, request))
}

function toBytes(path, { method, places, query, further, headers, type, body: text }) {
  let place = 0
  const pairs = [...query, further].filter((pair) => pair !== null).map(([name, value]) => `${name}=${value}`)
  const target = `${path.replaceAll(/\{\w+\}/g, () => places[place++])}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`
  const host = headers.some((line) => line.startsWith('Host')) ? [] : ['Host: localhost']
  const length = Buffer.byteLength(text ?? '')
  const framing = text === undefined ? [] : [`Content-Type: ${type}`, `Content-Length: ${length}`]
  const lines = [`${method} ${target} HTTP/1.1`, ...host, ...headers, ...framing]
  return {
    method,
    line: lines.join(' | ').slice(0, 300),
    bytes: Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text ?? ''}`),
  }
}
