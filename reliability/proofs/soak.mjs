import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { rssBytes } from '../../benchmarks/os.mjs'
import { CUTS, CuttingProxy } from '../../packages/cli/test/e2e/fixture/cutting-proxy.ts'
import { seeded } from '../../packages/cli/test/e2e/fixture/random.ts'
import { Reader, WAYS } from '../../packages/cli/test/e2e/fixture/reader.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { wholeLog } from '../../packages/cli/test/e2e/fixture/whole-log.ts'
import { writeWithClient, writeWithScript } from '../../packages/cli/test/e2e/fixture/writer.ts'
import { judgeLog, judgeReaders } from '../parts/ledger.mjs'

export const title = 'a long time of everything: writers, readers, cuts, outages of the network, SIGTERM, kill -9'
export const options = { minutes: 30 }

const ROOM = 'lobby'
const UIDS = ['ada', 'bob', 'cyd', 'dee', 'eve', 'fay', 'gus', 'hal']
const READERS_EACH = 2

/** Each writer pauses this long after a message, in milliseconds. */
const PAUSE_MS = 50

/** The network loses this share of the connections all the time. */
const CUT_SHARE = 0.02

/** The first part is without restarts: what the server's memory does shows only in a process that lives long. */
const STEADY_SHARE = 0.4

/** Memory at the end of that part, beside its median from the first quarter on. */
const MOST_GROWTH = 1.2

export async function prove(figures, { minutes }) {
  const random = seeded(20_261_125)
  const server = await ServerProcess.start()
  const network = { isDown: false }
  const proxies = []
  const throughNetwork = async (seed) => {
    const own = seeded(seed)
    const fate = () => (network.isDown ? 'before the request' : own.next() < CUT_SHARE ? own.pick(CUTS) : 'passes')
    const proxy = await CuttingProxy.start(server.port, seeded(seed + 1_000), fate)
    proxies.push(proxy)
    return proxy.url
  }
  try {
    const readers = []
    for (const way of WAYS) {
      for (let i = 0; i < READERS_EACH; i++) readers.push(new Reader(await throughNetwork(readers.length), ROOM, way))
    }
    const writers = []
    for (const uid of UIDS) {
      const write = writers.length % 2 === 0 ? writeWithClient : writeWithScript
      writers.push(write(await throughNetwork(writers.length + 100), ROOM, uid, { pauseMs: PAUSE_MS }))
    }
    const events = { 'SIGTERM and start': 0, 'kill -9 and start': 0, 'outages of the network': 0 }
    const exits = []
    const steady = []
    const startedAt = performance.now()
    const elapsed = () => (performance.now() - startedAt) / (minutes * 60_000)
    const acknowledged = () => writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0)
    const watch = setInterval(() => {
      if (!server.isRunning) return
      const megabytes = rssBytes([server.pid]) / 2 ** 20
      if (elapsed() < STEADY_SHARE) steady.push(megabytes)
      const minute = ((performance.now() - startedAt) / 60_000).toFixed(1)
      console.log(
        `  ${minute} min: ${acknowledged()} messages, server ${megabytes.toFixed(0)} MB, ${JSON.stringify(events)}`,
      )
    }, minutes * 2_000)

    while (elapsed() < 1) {
      await pause((random.next() * 0.9 + 0.1) * 30_000 * Math.min(1, minutes / 10))
      if (elapsed() < STEADY_SHARE || random.below(3) === 0) {
        network.isDown = true
        await pause(random.below(3_000))
        network.isDown = false
        events['outages of the network']++
      } else if (random.below(2) === 0) {
        server.signal('SIGTERM')
        exits.push((await server.ended).code)
        await server.start()
        events['SIGTERM and start']++
      } else {
        await server.kill()
        await server.start()
        events['kill -9 and start']++
      }
    }
    clearInterval(watch)
    await Promise.all(writers.map((writer) => writer.stop()))

    const log = await wholeLog(createClient({ url: server.url }), ROOM)
    for (const [event, count] of Object.entries(events)) figures.note(event, count)
    figures.note(
      'connections cut',
      proxies
        .flatMap(({ counts }) => [...counts])
        .reduce((sum, [fate, count]) => sum + (fate === 'passes' ? 0 : count), 0),
    )
    figures.exactly('SIGTERMs that did not end with 0', exits.filter((code) => code !== 0).length, 0)
    judgeLog(
      figures,
      log,
      writers.flatMap(({ acknowledged }) => acknowledged),
    )
    await judgeReaders(figures, readers, log)
    judgeMemory(figures, steady, minutes * STEADY_SHARE)
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.close()))
    await server.dispose()
  }
}

function judgeMemory(figures, megabytes, minutes) {
  const settled = megabytes.slice(Math.floor(megabytes.length / 4)).toSorted((a, b) => a - b)
  const median = settled[Math.floor(settled.length / 2)] ?? 0
  const last = megabytes.at(-1) ?? 0
  for (let quarter = 1; quarter <= 4; quarter++) {
    const at = megabytes[Math.ceil((megabytes.length * quarter) / 4) - 1] ?? 0
    figures.note(`memory after ${((minutes * quarter) / 4).toFixed(1)} minutes without a restart`, at, 'MB')
  }
  figures.under('at the end, as a share of the median', last / median, MOST_GROWTH, '')
}
