/** Who asks and does not read: what is kept for all of them is bounded, and others are served. */
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { get, until } from '../lane/lane-server.ts'
import { serving } from '../sockets/serving.ts'

/** Six bytes of JSON each: a batch as large as it can be. */
const HEAVY = '\u0001'.repeat(16_000)
const GREEDY = 12

/** More than the system takes of answers for one who does not read. */
const PIPELINED = 20

/** What each asks again and again, with the lane and without. */
const WAYS = {
  'a poll in the lane': '/v1/rooms/lobby/messages?after=0&limit=500',
  'a page of history': '/v1/rooms/lobby/messages?limit=500',
  'the classic poll': '/get/msg?index=0',
  'several rooms': '/v1/sync?after=lobby@0&limit=500',
}

async function crowded() {
  const { url, ask } = await serving({ limits: { 'unsent-megabytes': 2 } })
  for (let message = 0; message < 20; message++)
    await ask('/v1/rooms/lobby/messages', { method: 'POST', body: `${message}${HEAVY}` })
  const greedy = Array.from({ length: GREEDY }, () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').pause()
    onTestFinished(() => void socket.destroy())
    return socket.on('error', () => socket.destroy())
  })
  const areSomeCut = async () => /cut_readers_total [1-9]/.test(await (await ask('/metrics')).text())
  return { ask, greedy, areSomeCut }
}

it.each(Object.entries(WAYS))(
  '%s, by many who read nothing: some are cut off, who reads is not',
  { timeout: 60_000 },
  async (_, path) => {
    const { ask, greedy, areSomeCut } = await crowded()
    while (!(await areSomeCut())) {
      for (const socket of greedy) if (socket.writable) socket.write(get(path))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(await (await ask(path)).text()).toContain('\\u0001')
  },
)

it.each(Object.entries(WAYS))('%s, asked for many times at once by each: so too', async (_, path) => {
  const { ask, greedy, areSomeCut } = await crowded()
  for (const socket of greedy) socket.write(get(path).repeat(PIPELINED))
  await until(areSomeCut)
  expect(await (await ask(path)).text()).toContain('\\u0001')
})
