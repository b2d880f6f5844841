import { mkdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { storeForPollChat } from '../../benchmarks/servers/stored.mjs'
import { seeded } from '../../packages/cli/test/e2e/fixture/random.ts'
import { Reader, WAYS } from '../../packages/cli/test/e2e/fixture/reader.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { wholeLog } from '../../packages/cli/test/e2e/fixture/whole-log.ts'
import { writeWithClient, writeWithScript } from '../../packages/cli/test/e2e/fixture/writer.ts'
import { quantile } from '../parts/figures.mjs'
import { judgeLog, judgeReaders } from '../parts/ledger.mjs'
import { comeBackAtOnce } from '../parts/pace.mjs'

export const title = 'kill -9 at random moments under load, with many messages stored'
export const options = { rounds: 1_000, stored: 1_000_000 }

/** A server lives this long at most after it has started, in milliseconds. */
const LONGEST_LIFE_MS = 250
const STARTS_ALONE = 50
const ROOM = 'lobby'

export async function prove(figures, { rounds, stored }) {
  comeBackAtOnce()
  const random = seeded(20_261_124)
  const server = await ServerProcess.prepare()
  try {
    mkdirSync(server.dataFolder, { mode: 0o700 })
    await storeForPollChat(server.dataFolder, stored)
    await server.start()
    const readers = WAYS.map((way) => new Reader(server.url, ROOM, way))
    const writers = [
      ...['ada', 'bob', 'cyd'].map((uid) => writeWithClient(server.url, ROOM, uid)),
      ...['dee', 'eve', 'fay', 'gus', 'hal'].map((uid) => writeWithScript(server.url, ROOM, uid)),
    ]
    const readyMs = []
    for (let round = 1; round <= rounds; round++) {
      await pause(random.below(LONGEST_LIFE_MS))
      await server.kill()
      if (round % 5 === 0) await server.killWhileStarting(random.below(LONGEST_LIFE_MS))
      readyMs.push(await timeToReady(server))
      if (round % 100 === 0) console.log(`  ${round} rounds`)
    }
    await Promise.all(writers.map((writer) => writer.stop()))

    const log = await wholeLog(createClient({ url: server.url }), ROOM)
    const total = (count) => writers.reduce((sum, writer) => sum + writer[count], 0)
    figures.note('kills', rounds + Math.floor(rounds / 5))
    figures.note('messages stored before', stored)
    judgeLog(
      figures,
      log,
      writers.flatMap(({ acknowledged }) => acknowledged),
    )
    figures.note('sends that were repeated', total('repeated'))
    figures.note('of these, stored already', total('replayed'))
    await judgeReaders(figures, readers, log)
    figures.note('ready again under this load, median', quantile(readyMs, 0.5), 'ms')
    figures.note('ready again under this load, slowest', quantile(readyMs, 1), 'ms')

    // The readers and writers of this proof take the machine's time from a server that starts. Now it has it for itself.
    const alone = []
    for (let round = 1; round <= STARTS_ALONE; round++) {
      for (const text of ['one', 'two', 'three']) await createClient({ url: server.url }).send(text, { room: ROOM })
      await server.kill()
      alone.push(await timeToReady(server))
    }
    figures.note('ready again, median', quantile(alone, 0.5), 'ms')
    figures.under('ready again, slowest', quantile(alone, 1), 1_000, 'ms')
  } finally {
    await server.dispose()
  }
}

/** From the start of the process until it has said that it can write. */
async function timeToReady(server) {
  const startedAt = performance.now()
  await server.start()
  const { ok, status } = await fetch(`${server.url}/readyz`)
  if (!ok) throw new Error(`/readyz says ${status}`)
  return performance.now() - startedAt
}
