/** What the lane may not answer by itself — claims, bans, limits — is answered as without it. */
import { expect, it, onTestFinished } from 'vitest'
import type { ServerConfig } from '../../src/config.ts'
import { serving } from '../sockets/serving.ts'
import { get } from './lane-server.ts'
import { RawConnection } from './raw-http.ts'

const CLAIM = `Poll-Chat-Claim: ${'a'.repeat(43)}`
const OTHER = `Poll-Chat-Claim: ${'b'.repeat(43)}`
const ADMIN = 'Authorization: Bearer operator'

function post(uid: string, id: string, ...headers: string[]): string {
  const body = JSON.stringify({ uid, id, text: 'x' })
  const lines = ['Host: localhost', 'Content-Type: application/json', `Content-Length: ${body.length}`, ...headers]
  return `POST /v1/rooms/lobby/messages HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}

const inbox = (uid: string, ...headers: string[]) => get(`/v1/rooms/lobby/inbox?uid=${uid}&ack=0`, ...headers)
const POLL = '/v1/rooms/lobby/messages?after=0'
const change = (method: string, path: string) =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n${ADMIN}\r\n\r\n`

/**
 * Asks a server of each kind the same, one after the other, each on a connection of its own, since one that was handed on never
 * comes back to the lane. Checks that both answer alike, and returns the status codes.
 */
async function askBoth(config: Partial<ServerConfig>, requests: readonly string[]): Promise<string[]> {
  const servers = await Promise.all([true, false].map((lane) => serving({ ...config, lane })))
  const connections = servers.map(({ url }) => new RawConnection(Number(new URL(url).port)))
  onTestFinished(() => {
    for (const connection of connections) connection.close()
  })
  const statuses: string[] = []
  for (const request of requests) {
    for (const connection of connections) connection.close()
    const [lane, plain] = await Promise.all(
      connections.map(async (connection) => comparable(await connection.ask(request, { hasBody: true }))),
    )
    expect(lane, request).toEqual(plain)
    statuses.push(/\d{3}/.exec(lane?.status ?? '')?.[0] ?? 'closed')
  }
  return statuses
}

/** Times are of two servers, and how long one has to wait yet is a few milliseconds more or less. */
function comparable(answer: Awaited<ReturnType<RawConnection['ask']>>) {
  if (answer === 'closed') return { status: answer, headers: [], body: '' }
  const headers = answer.headers.map((line) => line.replace(/^(date|content-length|retry-after): .*/, '$1'))
  const body = answer.body.replace(/"at":"[^"]*"/g, '"at"').replace(/("retry_after_ms":|wait )\d+/g, '$1')
  return { status: answer.status, headers, body }
}

it('claims: who shows none, another or none that is well-formed, sends, reads an inbox, polls', async () => {
  const requests = [
    ...[post('alice', '1'), post('alice', '2', CLAIM), post('alice', '3'), post('alice', '4', OTHER)],
    ...[post('alice', '5', CLAIM), post('alice', '5', 'Poll-Chat-Claim: short'), post('bob', '6', CLAIM), post('bob', '7')],
    ...[inbox('alice'), inbox('alice', OTHER), inbox('alice', CLAIM), inbox('carol'), inbox('carol', CLAIM), inbox('carol')],
    ...[get('/get/message?uid=alice&ack=0'), get('/get/message?uid=alice&ack=0', CLAIM)],
    ...[get(POLL), get(`${POLL}&uid=alice`), get(`${POLL}&uid=alice`, CLAIM), get(`${POLL}&uid=dave&presence=off`)],
  ] // biome-ignore format: a list
  expect((await askBoth({}, requests)).join(' ')).toBe(
    '201 201 403 403 201 400 201 403 403 403 200 200 200 403 403 200 200 403 200 200',
  )
})

it('bans: while one holds, before and after', async () => {
  const requests = [
    ...[post('alice', '1'), inbox('alice'), change('PUT', '/v1/uids/alice/ban'), post('alice', '2'), inbox('alice')],
    ...[
      get(`${POLL}&uid=alice`),
      get(POLL),
      change('DELETE', '/v1/uids/alice/ban'),
      post('alice', '3'),
      inbox('alice'),
    ],
  ]
  const statuses = await askBoth({ adminKey: 'operator' }, requests)
  expect(statuses.join(' ')).toBe('201 200 200 403 403 403 200 200 201 200')
})

it('limits: too many sends, new uids, new rooms, wrong keys, and a poll for which there is no room to wait', async () => {
  const few = { count: 2, seconds: 600 }
  const sends = [post('alice', '1'), post('alice', '2'), post('alice', '3'), post('bob', '4'), get(POLL)]
  expect(await askBoth({ limits: { 'sends-per-uid': few } }, sends)).toEqual(['201', '201', '429', '201', '200'])
  expect(await askBoth({ limits: { 'sends-per-address': few } }, sends)).toEqual(['201', '201', '429', '429', '200'])
  const uids = [inbox('alice'), inbox('bob'), inbox('carol'), inbox('alice')]
  expect(await askBoth({ limits: { 'uids-per-address': few } }, uids)).toEqual(['200', '200', '429', '200'])
  const rooms = ['1', '2', '3', '1'].map((room) => post('alice', room).replace('lobby', `room-${room}`))
  expect(await askBoth({ limits: { 'rooms-per-address': few } }, rooms)).toEqual(['201', '201', '429', '200'])
  const keys = [get(POLL, 'Authorization: Bearer x'), get(POLL, 'Authorization: Bearer right')]
  const guesses = [...Array<string>(3).fill(keys[0] ?? ''), keys[1] ?? '', keys[0] ?? '']
  const locked = await askBoth({ key: 'right', limits: { 'wrong-keys-per-address': few } }, guesses)
  expect(locked).toEqual(['401', '401', '401', '429', '429'])
  const full = [get('/v1/rooms/quiet/messages?after=0&wait=20'), inbox('alice'), get('/get/message?uid=bob&ack=0')]
  expect(await askBoth({ limits: { waiters: 0 } }, full)).toEqual(['200', '200', '200'])
})
