/** Clients that go away while they wait leave nothing behind, with the poll lane and without. */
import { afterEach, expect, test } from 'vitest'
import { abortPolls } from './fixture/abort-polls.ts'
import { HEAP_PROBE, liveHeap } from './fixture/heap.ts'
import { seeded } from './fixture/random.ts'
import { ServerProcess } from './fixture/server-process.ts'

const POLLS = 10_000

/** One waiter or connection that is kept for each poll would be ten times as much, in bytes. */
const MOST_GROWTH = 4 * 2 ** 20

let server: ServerProcess | undefined

afterEach(() => server?.dispose())

test.each(['on', 'off'])(`${POLLS} aborted polls, with the lane %s`, { timeout: 120_000 }, async (lane) => {
  const random = seeded(POLLS)
  server = await ServerProcess.start({ args: ['--lane', lane], node: HEAP_PROBE })
  await abortPolls(server.port, POLLS / 5, random) // compiles the code and fills caches
  const before = await liveHeap(server)
  await abortPolls(server.port, POLLS, random)
  expect((await liveHeap(server)) - before).toBeLessThan(MOST_GROWTH)
  server.signal('SIGTERM')
  expect(await server.ended).toEqual({ code: 0, signal: null })
  expect(server.output).toContain('"waiting":0,"msg":"closing"')
})
