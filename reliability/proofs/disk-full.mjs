import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { Reader, WAYS } from '../../packages/cli/test/e2e/fixture/reader.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { wholeLog } from '../../packages/cli/test/e2e/fixture/whole-log.ts'
import { quantile } from '../parts/figures.mjs'
import { judgeLog, judgeReaders } from '../parts/ledger.mjs'
import { comeBackAtOnce } from '../parts/pace.mjs'
import { smallDisk } from '../parts/small-disk.mjs'

export const title = 'a disk that fills up, is full at a kill and a start, and has room again'
export const options = { rounds: 20 }

const ROOM = 'lobby'
const MEGABYTES = 64
const TEXT = 'x'.repeat(2_000)

/** Room that is left on the disk when it is made nearly full, in bytes. */
const LEFT = 400_000

export async function prove(figures, { rounds }) {
  comeBackAtOnce()
  const disk = await smallDisk(MEGABYTES)
  const server = await ServerProcess.prepare({ under: disk.under, args: ['--data', disk.path] })
  const acknowledged = []
  const refused = []
  const reads = []
  const ready = []
  const recoveryMs = []
  let number = 0
  const send = async (text = `${++number} ${TEXT}`) => {
    const response = await fetch(`${server.url}/v1/rooms/${ROOM}/messages`, { method: 'POST', body: text })
    const body = await response.json()
    if (response.ok) acknowledged.push(body.message)
    return { ok: response.ok, code: body.code, text }
  }
  try {
    await server.start()
    const readers = WAYS.map((way) => new Reader(server.url, ROOM, way))
    for (let round = 1; round <= rounds; round++) {
      disk.fill(LEFT)
      const before = refused.length
      while (refused.length < before + 10) {
        const answers = await Promise.all([send(), send(), send()])
        refused.push(...answers.filter(({ ok }) => !ok))
      }
      for (const query of ['after=0&limit=5', 'limit=5'])
        reads.push((await fetch(`${server.url}/v1/rooms/${ROOM}/messages?${query}`)).status)
      ready.push((await fetch(`${server.url}/readyz`)).status)
      if (round % 4 === 0) {
        await server.kill()
        await server.start()
        reads.push((await fetch(`${server.url}/v1/rooms/${ROOM}/messages?limit=5`)).status)
      }
      disk.free()
      const startedAt = performance.now()
      while (!(await send()).ok) await pause(5)
      recoveryMs.push(performance.now() - startedAt)
    }

    const log = await wholeLog(createClient({ url: server.url }), ROOM)
    figures.note('times full', rounds)
    figures.note('of these, killed and started while full', Math.floor(rounds / 4))
    figures.note('sends refused', refused.length)
    figures.exactly(
      'of these, not with 503 log-unavailable',
      refused.filter(({ code }) => code !== 'log-unavailable').length,
      0,
    )
    figures.exactly('reads while full that were not answered', reads.filter((status) => status !== 200).length, 0)
    figures.note('/readyz while full: 503', ready.filter((status) => status === 503).length)
    figures.note('/readyz while full: a small write still fits', ready.filter((status) => status === 200).length)
    judgeLog(figures, log, acknowledged)
    figures.note('writes again once there is room, median', quantile(recoveryMs, 0.5), 'ms')
    figures.under('writes again once there is room, slowest', quantile(recoveryMs, 1), 5_000, 'ms')
    await judgeReaders(figures, readers, log)
  } finally {
    await server.dispose()
    await disk.remove()
  }
}
