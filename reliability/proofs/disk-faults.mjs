import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { seeded } from '../../packages/cli/test/e2e/fixture/random.ts'
import { Reader, WAYS } from '../../packages/cli/test/e2e/fixture/reader.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { wholeLog } from '../../packages/cli/test/e2e/fixture/whole-log.ts'
import { writeWithClient, writeWithScript } from '../../packages/cli/test/e2e/fixture/writer.ts'
import { quantile } from '../parts/figures.mjs'
import { judgeLog, judgeReaders } from '../parts/ledger.mjs'
import { comeBackAtOnce } from '../parts/pace.mjs'
import { preload } from '../parts/preload.mjs'

export const title = 'fsync and writes that fail, and power cuts that lose what was not synced'
export const options = { rounds: 300 }

const ROOM = 'lobby'
const FAULTS = { e: 'fsync failed, pages kept', d: 'fsync failed, pages dropped', w: 'writing failed' }

export async function prove(figures, { rounds }) {
  comeBackAtOnce()
  const random = seeded(20_261_126)
  const disk = preload('disk', 'k')
  const server = await ServerProcess.prepare({ env: disk.env })
  const counts = { ...Object.fromEntries(Object.values(FAULTS).map((fault) => [fault, 0])), 'power cuts': 0 }
  const recoveryMs = []
  const during = { reads: 0, failedReads: 0, acknowledged: 0, unavailable: 0 }
  try {
    await server.start()
    const readers = WAYS.map((way) => new Reader(server.url, ROOM, way))
    const writers = [
      ...['ada', 'bob', 'cyd'].map((uid) => writeWithClient(server.url, ROOM, uid)),
      ...['dee', 'eve', 'fay'].map((uid) => writeWithScript(server.url, ROOM, uid)),
    ]
    for (let round = 1; round <= rounds; round++) {
      await pause(random.below(200))
      const fault = random.pick(Object.keys(FAULTS))
      disk.say(fault)
      counts[FAULTS[fault]]++
      await probe(server.url, during)
      await pause(random.below(100))
      if (random.below(2) === 0) {
        disk.say('k')
        recoveryMs.push(await timeToWrite(server.url))
        await pause(random.below(100))
      }
      if (random.below(3) > 0) continue
      disk.say('c')
      counts['power cuts']++
      await server.ended // a writer's next message is what the power fails at
      disk.say('k')
      await server.start()
      if (round % 50 === 0) console.log(`  ${round} rounds`)
    }
    disk.say('k')
    await Promise.all(writers.map((writer) => writer.stop()))

    const log = await wholeLog(createClient({ url: server.url }), ROOM)
    for (const [fault, count] of Object.entries(counts)) figures.note(fault, count)
    judgeLog(
      figures,
      log,
      writers.flatMap(({ acknowledged }) => acknowledged),
    )
    figures.note('sends while the disk failed, answered 503', during.unavailable)
    figures.exactly('sends while the disk failed, acknowledged', during.acknowledged, 0)
    figures.note('reads while the disk failed', during.reads)
    figures.exactly('of these, failed', during.failedReads, 0)
    figures.note('writes again after the last fault, median', quantile(recoveryMs, 0.5), 'ms')
    figures.under('writes again after the last fault, slowest', quantile(recoveryMs, 1), 5_000, 'ms')
    await judgeReaders(figures, readers, log)
  } finally {
    await server.dispose()
    disk.remove()
  }
}

/** While the disk fails: sends are refused and say so, reads are answered. */
async function probe(url, during) {
  for (let i = 0; i < 3; i++) {
    const sent = await post(url)
    if (sent.ok) during.acknowledged++
    else if (sent.status === 503) during.unavailable++
    else throw new Error(`A send was answered ${sent.status}.`)
    for (const query of ['after=0&limit=5', 'limit=5']) {
      const read = await fetch(`${url}/v1/rooms/${ROOM}/messages?${query}`)
      during.reads++
      if (!read.ok) during.failedReads++
      await read.text()
    }
  }
}

async function timeToWrite(url) {
  const startedAt = performance.now()
  while (!(await post(url)).ok) await pause(5)
  return performance.now() - startedAt
}

/** Into another room: these are answered or not, and nobody counts on them. */
async function post(url) {
  const response = await fetch(`${url}/v1/rooms/probe/messages`, { method: 'POST', body: 'x' })
  await response.text()
  return response
}
