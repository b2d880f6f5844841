import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { NatsCluster } from '../../packages/cli/test/e2e/fixture/nats-cluster.ts'
import { Reader, WAYS } from '../../packages/cli/test/e2e/fixture/reader.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { wholeLog } from '../../packages/cli/test/e2e/fixture/whole-log.ts'
import { writeWithClient, writeWithScript } from '../../packages/cli/test/e2e/fixture/writer.ts'
import { shardOf } from '../../packages/server/src/engines/jetstream/names.ts'
import { compareLog, compareShown } from '../parts/ledger.mjs'
import { startNginx } from '../parts/nginx.mjs'
import { comeBackAtOnce } from '../parts/pace.mjs'

export const title = 'three NATS servers and three nodes behind nginx: kills, a stop, a partition, a rolling restart'
export const options = { seconds: 60 }

const PACE = { pauseMs: 10 }
const SHARDS = 2

/** How long the leader is stopped, and how long a server is cut off, in milliseconds. */
const STOP_MS = 10_000

/** What happens, a third into the load. Whatever is broken is whole again at its end. */
const FAULTS = {
  'leader killed': async ({ cluster, stream }) => {
    const { leader } = await cluster.leaderOf(stream)
    await leader.kill()
    await pause(STOP_MS)
    leader.start()
  },
  'follower killed': async ({ cluster, stream }) => {
    const { follower } = await cluster.leaderOf(stream)
    await follower.kill()
    await pause(STOP_MS)
    follower.start()
  },
  'node killed': async ({ nodes: [node] }) => {
    await node.kill()
    await pause(1_000)
    await node.start()
  },
  'leader stopped 10 s': async ({ cluster, stream }) => {
    const { leader } = await cluster.leaderOf(stream)
    leader.signal('SIGSTOP')
    await pause(STOP_MS)
    leader.signal('SIGCONT')
  },
  'all six restarted': async ({ cluster, nodes }) => {
    for (const server of cluster.servers) {
      await server.kill('SIGTERM')
      server.start()
      await cluster.untilReady()
    }
    for (const node of nodes) {
      node.signal('SIGTERM')
      await node.ended
      await node.start()
    }
  },
  'leader cut off 10 s': async ({ cluster, stream }) => {
    const { leader } = await cluster.leaderOf(stream)
    cluster.partition(leader, true)
    await pause(STOP_MS)
    cluster.partition(leader, false)
  },
}

export async function prove(figures, { seconds }) {
  comeBackAtOnce()
  const cluster = await NatsCluster.start()
  const engine = `${cluster.engine}/chat?shards=${SHARDS}`
  const nodes = await Promise.all([1, 2, 3].map(() => ServerProcess.start({ engine })))
  const nginx = await startNginx(nodes.map(({ port }) => port))
  try {
    for (const [name, fault] of Object.entries(FAULTS)) {
      console.log(`  ${name}`)
      await underLoad(figures, name, seconds * 1000, { cluster, nodes, url: nginx.url }, fault)
    }
  } finally {
    await nginx.stop()
    await Promise.all(nodes.map((node) => node.dispose()))
    await cluster.dispose()
  }
}

async function underLoad(figures, name, loadMs, { cluster, nodes, url }, fault) {
  const room = name.replaceAll(' ', '-')
  const readers = [
    ...WAYS.map((way) => new Reader(url, room, way)),
    ...nodes.map((node) => new Reader(node.url, room, 'long polling')),
  ]
  const writers = [
    writeWithClient(url, room, 'ada', PACE),
    writeWithClient(url, room, 'bob', PACE),
    writeWithScript(url, room, 'cyd', PACE),
    writeWithScript(url, room, 'dee', PACE),
  ]
  const acknowledged = () => writers.flatMap((writer) => writer.acknowledged)
  const gap = longestGap(() => writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0))
  const began = performance.now()
  await pause(loadMs / 3)
  await fault({ cluster, nodes, stream: `chat-log-${shardOf(room, SHARDS)}` })
  await pause(Math.max(loadMs / 3, loadMs - (performance.now() - began)))
  const gapMs = gap.stop()
  await Promise.all(writers.map((writer) => writer.stop()))

  const endedAt = performance.now()
  const untilAllHave = async (count) => {
    for (const reader of readers) await reader.untilSeen(count, 60_000).catch((error) => console.error(error.message))
  }
  await untilAllHave(new Set(acknowledged().map(({ id }) => id)).size)
  const caughtUpMs = performance.now() - endedAt
  await cluster.untilReady()
  const log = await patiently(() => wholeLog(createClient({ url }), room))
  await untilAllHave(log.length)
  const shown = { lost: 0, twice: 0, disordered: 0 }
  for (const reader of readers) {
    await reader.close()
    const seen = compareShown(log, reader.messages)
    for (const fault of Object.keys(shown)) shown[fault] += seen[fault]
  }
  const { lost, doubled, disordered } = compareLog(log, acknowledged())
  figures.note(`${name}: acknowledged`, acknowledged().length)
  figures.exactly(`${name}: lost, doubled, out of order`, `${lost}, ${doubled}, ${disordered}`, '0, 0, 0')
  figures.exactly(
    `${name}: not shown, shown twice, out of order`,
    `${shown.lost}, ${shown.twice}, ${shown.disordered}`,
    '0, 0, 0',
  )
  figures.under(`${name}: longest time without an acknowledgement`, gapMs / 1000, GAP_SECONDS, 's')
  figures.under(`${name}: all readers have all after`, caughtUpMs / 1000, 2, 's')
}

/** Pages of history need the leader of the whole cluster, which may take longer than those of its streams. */
async function patiently(read) {
  for (const endsAt = performance.now() + 60_000; ; ) {
    try {
      return await read()
    } catch (error) {
      if (performance.now() > endsAt) throw error
    }
  }
}

/** NATS elects another leader 4 to 9 seconds after it last heard of the old one. */
const GAP_SECONDS = 10

/** The longest time in which a count stayed as it was, in milliseconds. */
function longestGap(count) {
  let [last, at, longest] = [count(), performance.now(), 0]
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - at)
    if (count() === last) return
    ;[last, at] = [count(), now]
  }, 10)
  return {
    stop() {
      clearInterval(timer)
      return longest
    },
  }
}
