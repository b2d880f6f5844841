import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Ask, batch, sent } from '../http.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { serving } from './serving.ts'

it('a message sent in the gap between two long polls is answered to the next at once, 1,000 times', async () => {
  const { ask } = await serving()
  let next = '0'
  let slowest = 0
  for (let gap = 0; gap < 1000; gap++) {
    const text = `gap ${gap}`
    await sent(ask, 'lobby', text)
    const start = performance.now()
    const answer = await batch(ask, `/v1/rooms/lobby/messages?after=${next}&wait=55`)
    slowest = Math.max(slowest, performance.now() - start)
    expect(answer.messages.map((message) => message.text)).toEqual([text])
    next = answer.next
  }
  expect(slowest).toBeLessThan(2000)
})

it('readers that poll while others send get every message once and in order', async () => {
  const { ask } = await serving({ engine: `sqlite:${join(temporaryFolder(), 'chat.db')}` })
  const count = 300
  const readers = [1, 2, 3].map((limit) => follow(ask, count, limit))
  const send = async (uid: string) => {
    for (let i = 0; i < count / 3; i++) await sent(ask, 'lobby', `${uid} ${i}`, `?uid=${uid}`)
  }
  await Promise.all(['a', 'b', 'c'].map(send))
  const [first, ...others] = await Promise.all(readers)
  expect(new Set(first).size).toBe(count)
  for (const other of others) expect(other).toEqual(first)
  for (const uid of ['a', 'b', 'c']) {
    const own = first?.filter((text) => text.startsWith(uid))
    expect(own).toEqual(Array.from({ length: count / 3 }, (_, i) => `${uid} ${i}`))
  }
})

async function follow(ask: Ask, count: number, limit: number): Promise<string[]> {
  const texts: string[] = []
  for (let next = '0'; texts.length < count; ) {
    const answer = await batch(ask, `/v1/rooms/lobby/messages?after=${next}&wait=20&limit=${limit}`)
    texts.push(...answer.messages.map(({ text }) => text))
    next = answer.next
  }
  return texts
}
