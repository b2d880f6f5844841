import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connection, serving } from '../sockets/serving.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { answersIn, get, until, wholeAnswers } from './lane-server.ts'

const INBOX = '/v1/rooms/lobby/inbox?uid=alice'
const RIGHT = `Poll-Chat-Claim: ${'a'.repeat(43)}`
const WRONG = `Poll-Chat-Claim: ${'b'.repeat(43)}`

/** Asks the same bytes, one after another, on one connection. */
async function asker(url: string) {
  const { socket, answer } = await connection(url)
  let count = 0
  return async (...headers: string[]) => {
    socket.write(get(INBOX, ...headers))
    count++
    await until(() => wholeAnswers(answer()).length === count)
    return answersIn(answer()).at(-1)?.status
  }
}

it('who owns a uid is asked at every poll, also of the same bytes', async () => {
  const { url } = await serving()
  const [one, other] = [await asker(url), await asker(url)]
  expect(await one()).toBe(200)
  expect(await other(RIGHT)).toBe(200)
  expect(await one()).toBe(403)
  expect(await other(RIGHT)).toBe(200)
  expect(await other(WRONG)).toBe(403)
})

it('what is claimed in one thread is taken in all', async () => {
  const { url } = await serving({ engine: `sqlite:${join(temporaryFolder(), 'chat.db')}`, threads: 3 })
  const askers = await Promise.all(Array.from({ length: 24 }, () => asker(url)))
  for (const ask of askers) expect(await ask()).toBe(200)
  expect(await askers[0]?.(RIGHT)).toBe(200)
  for (const ask of askers.slice(1)) await until(async () => (await ask()) === 403)
  for (const ask of askers) expect(await ask(RIGHT)).toBe(200)
})
