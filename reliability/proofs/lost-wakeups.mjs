import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { NatsCluster } from '../../packages/cli/test/e2e/fixture/nats-cluster.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { wholeLog } from '../../packages/cli/test/e2e/fixture/whole-log.ts'
import { startDroppingProxy } from '../../packages/server/test/dropping-proxy.ts'
import { quantile } from '../parts/figures.mjs'
import { compareLog, compareShown } from '../parts/ledger.mjs'

export const title = 'wake-ups of a NATS cluster are dropped at random: everything arrives within 2 s'
export const options = { seconds: 60, percent: 5, rooms: 30 }

/** Between two messages of a room, in milliseconds: the next one would show at once that one is missing. */
const PAUSE_MS = 2_000

const MODES = ['long', 'sse', 'ws']

export async function prove(figures, { seconds, percent, rooms: count }) {
  const proxies = []
  const drops = (subject) => subject.includes('.live.') && Math.random() * 100 < percent
  const cluster = await NatsCluster.start({
    clientPort: async (port) => {
      const proxy = await startDroppingProxy(port, drops)
      proxies.push(proxy)
      return proxy.port
    },
  })
  const engine = `${cluster.engine}/chat?shards=4`
  const [writing, reading] = await Promise.all([1, 2].map(() => ServerProcess.start({ engine })))
  try {
    const rooms = Array.from({ length: count }, (_, place) => `room-${place}`)
    const readers = rooms.map((room, place) => read(reading.url, room, MODES[place % MODES.length]))
    await pause(1_000)
    const writers = await Promise.all(rooms.map((room) => write(writing.url, room, seconds * 1_000)))
    await pause(5_000)
    const latencies = []
    const faults = { lost: 0, doubled: 0, shown: 0 }
    for (const [place, room] of rooms.entries()) {
      const { messages, shownAt } = await readers[place].stop()
      for (const { message, at } of writers[place])
        latencies.push((shownAt.get(message.id) ?? Number.POSITIVE_INFINITY) - at)
      const log = await wholeLog(createClient({ url: reading.url }), room)
      const { lost, doubled } = compareLog(
        log,
        writers[place].map(({ message }) => message),
      )
      const shown = compareShown(log, messages)
      faults.lost += lost
      faults.doubled += doubled
      faults.shown += shown.lost + shown.twice + shown.disordered
    }
    const dropped = proxies.reduce((sum, proxy) => sum + proxy.dropped, 0)
    figures.note('messages', latencies.length)
    figures.atLeast('wake-ups dropped', dropped, 1)
    figures.note('shown after the acknowledgement, median', quantile(latencies, 0.5), 'ms')
    figures.note('95 of 100', quantile(latencies, 0.95), 'ms')
    figures.under('slowest', quantile(latencies, 1), 2_000, 'ms')
    figures.exactly('acknowledged and lost', faults.lost, 0)
    figures.exactly('stored twice', faults.doubled, 0)
    figures.exactly('not shown, shown twice, out of order', faults.shown, 0)
  } finally {
    await Promise.all([writing.dispose(), reading.dispose()])
    await cluster.dispose()
    for (const proxy of proxies) proxy.close()
  }
}

function read(url, room, mode) {
  const over = new AbortController()
  const messages = []
  const shownAt = new Map()
  const reading = (async () => {
    for await (const event of createClient({ url }).follow(room, { mode, after: '0', signal: over.signal })) {
      if (event.type !== 'batch') continue
      messages.push(...event.batch.messages)
      for (const { id } of event.batch.messages) shownAt.set(id, performance.now())
    }
  })()
  return {
    async stop() {
      over.abort()
      await reading
      return { messages, shownAt }
    },
  }
}

/** Every message with the moment of its acknowledgement. */
async function write(url, room, forMs) {
  const client = createClient({ url, uid: 'ada' })
  const sent = []
  for (const endsAt = performance.now() + forMs; performance.now() < endsAt; ) {
    await pause(PAUSE_MS * (0.5 + Math.random()))
    const { message } = await client.send(`${room} ${sent.length}`, { room })
    sent.push({ message, at: performance.now() })
  }
  return sent
}
