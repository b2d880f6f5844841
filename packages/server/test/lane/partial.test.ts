/** Requests that have not come whole: what node:http would refuse already is refused, and no other. */
import { MAX_HEADERS } from '@poll-chat/protocol'
import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { connection, serving } from '../sockets/serving.ts'
import { settled, until } from './lane-server.ts'
import { rawRequests } from './requests.ts'

const AT_ONCE = 200
const ROUNDS = 25

const place = fc.noBias(fc.nat(1_000)).map((thousandths) => thousandths / 1_000)
const odd = fc.constantFrom(
  '',
  '\r',
  '\n',
  '\0',
  ' ',
  ':',
  '\t',
  'x',
  '9',
  '\r\n',
  '\r\nContent-Length: ',
  '\r\nTransfer-Encoding: ',
)

/** Half a request that was cut within its head, with something odd in every second one. */
const halves = fc.tuple(rawRequests(['1~01234567']), place, place, odd, fc.boolean()).map(([{ text }, cut, at, odd, isOdd]) => {
  const end = Math.max(text.indexOf('\r\n\r\n'), 0)
  const head = text.slice(0, Math.ceil(cut * end))
  const change = Math.floor(at * head.length)
  return isOdd ? head.slice(0, change) + odd + head.slice(change + 1) : head
}) // biome-ignore format: longer otherwise

/** What chance does not make. */
const RARE = [
  'PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2',
  ...[MAX_HEADERS, MAX_HEADERS + 2].map((count) => `GET / HTTP/1.1\r\n${'a:b\r\n'.repeat(count)}`),
]

it('half a request is refused with the lane as soon as without it, wherever it was cut and whatever is wrong with it', async () => {
  const servers = await Promise.all([true, false].map((lane) => serving({ lane })))
  const all = [...RARE, ...fc.sample(halves, { numRuns: AT_ONCE * ROUNDS - RARE.length, seed: 20_261_130 })]
  let refused = 0
  for (let round = 0; round < ROUNDS; round++) {
    const some = all.slice(round * AT_ONCE, (round + 1) * AT_ONCE)
    const [lane, plain] = await Promise.all(servers.map(({ url }) => open(url, some)))
    const refusals = () => plain?.statuses() ?? []
    await vi.waitFor(() => expect(lane?.statuses()).toEqual(refusals()), 5_000)
    refused += refusals().filter(({ status }) => status !== '').length
    lane?.close()
    plain?.close()
  }
  expect(refused).toBeGreaterThan(all.length / 10)
  expect(refused).toBeLessThan(all.length / 2)
}, 120_000)

/** So many connections that send this, in three parts, and no more. */
async function open(url: string, halves: readonly string[]) {
  const asked = await Promise.all(halves.map(async (half) => ({ half, ...(await connection(url)) })))
  const last = await connection(url)
  last.get('/healthz')
  await until(() => last.answer() !== '') // who came before it is accepted too
  for (const part of [0, 1, 2]) {
    for (const { half, socket } of asked) {
      const at = (part: number) => Math.floor((part * half.length) / 3)
      socket.setNoDelay().write(half.slice(at(part), at(part + 1)), 'latin1')
    }
    await settled()
  }
  return {
    statuses: () => asked.map(({ half, answer }) => ({ half, status: answer().slice(9, 12) })),
    close: () => {
      for (const { socket } of asked) socket.destroy()
    },
  }
}
