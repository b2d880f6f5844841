import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { Reader, WAYS } from '../../packages/cli/test/e2e/fixture/reader.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { wholeLog } from '../../packages/cli/test/e2e/fixture/whole-log.ts'
import { writeWithClient, writeWithScript } from '../../packages/cli/test/e2e/fixture/writer.ts'
import { quantile } from '../parts/figures.mjs'
import { judgeLog, judgeReaders } from '../parts/ledger.mjs'
import { preload } from '../parts/preload.mjs'

export const title = "the server's wall clock set back and forth by an hour, while polls wait and messages are sent"
export const options = { changes: 20 }

const ROOM = 'lobby'
const HOUR = 3_600
const WAIT_SECONDS = 2

export async function prove(figures, { changes }) {
  const clock = preload('clock', '0       ')
  const server = await ServerProcess.start({ env: clock.env })
  const waitedMs = []
  try {
    const readers = WAYS.map((way) => new Reader(server.url, ROOM, way))
    const writers = [
      writeWithClient(server.url, ROOM, 'ada', { pauseMs: 5 }),
      writeWithScript(server.url, ROOM, 'bob', { pauseMs: 5 }),
    ]
    for (let change = 1; change <= changes; change++) {
      // Back, to now, ahead, to now: every change is seen by polls that wait.
      const waiting = Promise.all(Array.from({ length: 5 }, () => emptyPoll(server.url)))
      await pause(200)
      clock.say(String([-HOUR, 0, HOUR, 0][change % 4]).padEnd(8))
      waitedMs.push(...(await waiting))
    }
    await Promise.all(writers.map((writer) => writer.stop()))
    const log = await wholeLog(createClient({ url: server.url }), ROOM)
    const times = log.map(({ at }) => Date.parse(at))
    const jumps = times.filter((at, i) => i > 0 && at < times[i - 1] - (HOUR * 1_000) / 2).length
    figures.note('changes of the clock', changes)
    figures.atLeast('jumps back by an hour between two messages', jumps, 1)
    judgeLog(
      figures,
      log,
      writers.flatMap(({ acknowledged }) => acknowledged),
    )
    await judgeReaders(figures, readers, log)
    figures.note(`a wait of ${WAIT_SECONDS} s, shortest`, quantile(waitedMs, 0), 'ms')
    figures.note(`a wait of ${WAIT_SECONDS} s, longest`, quantile(waitedMs, 1), 'ms')
    figures.exactly('waits that ended early', waitedMs.filter((ms) => ms < WAIT_SECONDS * 1_000).length, 0)
    figures.under('longest wait', quantile(waitedMs, 1), WAIT_SECONDS * 1_000 + 5_000, 'ms')
  } finally {
    await server.dispose()
    clock.remove()
  }
}

/** How long a poll hangs in a room in which nothing happens. */
async function emptyPoll(url) {
  const startedAt = performance.now()
  const response = await fetch(`${url}/v1/rooms/quiet/messages?after=0&wait=${WAIT_SECONDS}`)
  await response.text()
  return performance.now() - startedAt
}
