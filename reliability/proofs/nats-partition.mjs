import { setTimeout as pause } from 'node:timers/promises'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { NatsCluster } from '../../packages/cli/test/e2e/fixture/nats-cluster.ts'

export const title = 'NATS alone, without poll-chat: its leader is cut off again and again while messages are published'
export const options = { rounds: 10 }

/** How long the leader is cut off, in milliseconds. */
const CUT_MS = 10_000

const WRITERS_EACH = 6
const STREAM = 's'

export async function prove(figures, { rounds }) {
  const cluster = await NatsCluster.start()
  try {
    const clients = await Promise.all(cluster.servers.map(({ port }) => connectTo(port)))
    const manager = await jetstreamManager(clients[0], { timeout: 5_000 })
    await manager.streams.add({ name: STREAM, subjects: ['s.>'], num_replicas: 3, allow_direct: true })
    await cluster.untilReady()
    const acknowledged = new Map()
    const over = new AbortController()
    const writers = clients.flatMap((client, server) =>
      Array.from({ length: WRITERS_EACH }, (_, writer) =>
        write(client, `${server}.${writer}`, { acknowledged, signal: over.signal }),
      ),
    )
    let cutOff
    for (let round = 0; round < rounds; round++) {
      await pause(4_000)
      const { leader } = await cluster.leaderOf(STREAM)
      cutOff = leader
      cluster.partition(leader, true)
      await pause(CUT_MS)
      cluster.partition(leader, false)
      await cluster.untilReady()
    }
    over.abort()
    await Promise.all(writers)
    await pause(5_000)
    const { last_seq: last } = (await manager.streams.info(STREAM)).state
    const { differing, stored } = await compare(clients, last)
    figures.note('times that the leader was cut off', rounds)
    figures.note('messages acknowledged', acknowledged.size)
    figures.note('acknowledged, and on no replica', [...acknowledged.keys()].filter((text) => !stored.has(text)).length)
    figures.note('sequences at which replicas differ', differing)
    await remake(clients[0], manager, { cluster, cutOff })
    figures.note('the same after all but one replica were made anew', (await compare(clients, last)).differing)
    await Promise.all(clients.map((client) => client.close()))
  } finally {
    await cluster.dispose()
  }
}

async function compare(clients, last) {
  const replicas = await Promise.all(clients.map((client) => readAll(client, last)))
  let differing = 0
  for (let seq = 1; seq <= last; seq++)
    if (new Set(replicas.flatMap((replica) => [...replica[seq]])).size > 1) differing++
  return { differing, stored: new Set(replicas.flatMap((replica) => replica.flatMap((texts) => [...texts]))) }
}

/** One replica, of a leader that was not cut off the last time, and three again. */
async function remake(client, manager, { cluster, cutOff }) {
  while ((await cluster.leaderOf(STREAM)).leader === cutOff) {
    await client.request(`$JS.API.STREAM.LEADER.STEPDOWN.${STREAM}`)
    await pause(3_000)
  }
  await manager.streams.update(STREAM, { num_replicas: 1 })
  await pause(3_000)
  await manager.streams.update(STREAM, { num_replicas: 3 })
  await pause(5_000)
  await cluster.untilReady()
}

function connectTo(port) {
  const servers = [`127.0.0.1:${port}`]
  return connect({ servers, ignoreClusterUpdates: true, maxReconnectAttempts: -1, reconnectTimeWait: 250 })
}

async function write(client, name, { acknowledged, signal }) {
  const stream = jetstream(client, { timeout: 1_000 })
  for (let count = 0; !signal.aborted; count++) {
    const text = `${name} ${count}`
    while (!acknowledged.has(text) && !signal.aborted) {
      try {
        const { seq } = await stream.publish(`s.${name}`, text)
        acknowledged.set(text, seq)
      } catch {
        await pause(50)
      }
    }
    await pause(10)
  }
}

/** What is at each sequence, asked often enough that every replica has answered. */
async function readAll(client, last) {
  const found = Array.from({ length: last + 1 }, () => new Set())
  const ask = async (seq) => {
    const request = JSON.stringify({ seq })
    const answer = await client.request(`$JS.API.DIRECT.GET.${STREAM}`, request, { timeout: 5_000 })
    found[seq].add(answer.headers?.code ? `${answer.headers.code}` : answer.string())
  }
  for (let seq = 1; seq <= last; seq += 200)
    await Promise.all(
      Array.from({ length: Math.min(200, last - seq + 1) }, async (_, place) => {
        for (let times = 0; times < 3; times++) await ask(seq + place)
      }),
    )
  return found
}
