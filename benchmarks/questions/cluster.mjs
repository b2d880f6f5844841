import { setTimeout as pause } from 'node:timers/promises'
import { NatsCluster } from '../../packages/cli/test/e2e/fixture/nats-cluster.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { Connection } from '../load/connection.mjs'
import { cpuSeconds, rssBytes, whichProgram } from '../os.mjs'

export const title = 'A NATS cluster'
export const text = `Three nats-servers (R3, files) and one to three nodes of poll-chat, all on this machine together with the load, so that
the rates are what two cores give to all of it; what a send or a delivery costs each kind of process is what scales. Sends: 48 connections that
each send the next message when the last was acknowledged, over 24 rooms. Deliveries: 600 long polls in one room, spread over the nodes, 20
messages a second. Followed rooms: one node whose rooms were read and are followed on; what is used while nothing happens.`
export const main = 'perSecond'
export const curves = []
export const figures = {
  perSecond: { label: 'per second', better: 'more' },
  nodeUs: { label: 'nodes: CPU µs each' },
  natsUs: { label: 'nats-servers: CPU µs each' },
  p50Ms: { label: 'p50 ms' },
  p99Ms: { label: 'p99 ms' },
  nodePercent: { label: 'node idle: % of a core' },
  natsPercent: { label: 'three nats-servers idle: % of a core' },
  nodeKbPerRoom: { label: 'node: KB a room' },
}

export function cases({ quick }) {
  const nodes = quick ? [1, 3] : [1, 2, 3]
  const many = (count) => `${count} node${count === 1 ? '' : 's'}`
  return [
    ...nodes.map((count) => ({ name: 'sends', servers: [many(count)], count, measure: sends, seconds: quick ? 3 : 5 })),
    ...nodes.map((count) => ({
      name: 'deliveries',
      servers: [many(count)],
      count,
      measure: deliveries,
      seconds: quick ? 3 : 5,
    })),
    ...(quick ? [100] : [1, 100, 10_000]).map((rooms) => ({
      name: `${rooms.toLocaleString('en-US')} followed`,
      servers: ['1 node'],
      count: 1,
      rooms,
      measure: followed,
      seconds: quick ? 3 : 8,
    })),
  ]
}

export const missing = () =>
  whichProgram('nats-server') ? undefined : 'no nats-server: sudo apt-get install nats-server'

export async function measure(_name, { count, measure: ask, ...job }) {
  const cluster = await NatsCluster.start()
  const engine = `${cluster.engine}/chat?shards=4`
  const nodes = await Promise.all(Array.from({ length: count }, () => ServerProcess.start({ engine })))
  const pids = { node: nodes.map(({ pid }) => pid), nats: cluster.servers.map(({ pid }) => pid) }
  try {
    return await ask({ nodes, pids, ...job })
  } finally {
    await Promise.all(nodes.map((node) => node.dispose()))
    await cluster.dispose()
  }
}

const SENDERS = 48
const WAITERS = 600

async function sends({ nodes, pids, seconds }) {
  let sent = 0
  const took = []
  const connections = Array.from({ length: SENDERS }, (_, place) => {
    let askedAt = 0
    const send = (connection) => {
      askedAt = performance.now()
      connection.request(post(`bench-${place % (SENDERS / 2)}`, 'hello to everybody here'))
    }
    return open(nodes[place % nodes.length], send, (connection) => {
      sent++
      took.push(performance.now() - askedAt)
      send(connection)
    })
  })
  await pause(3_000)
  took.length = 0
  const figures = await during(pids, seconds, () => sent)
  for (const connection of connections) connection.end()
  return { ...figures, ...latencies(took) }
}

async function deliveries({ nodes, pids, seconds }) {
  let delivered = 0
  let sentAt = 0
  const took = []
  const waiters = Array.from({ length: WAITERS }, (_, place) => {
    const poll = (connection, after) =>
      connection.request(`GET /v1/rooms/bench/messages?after=${after}&wait=50 HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    return open(
      nodes[place % nodes.length],
      (connection) => poll(connection, 0),
      (connection, body) => {
        const { messages, next } = JSON.parse(body)
        delivered += messages.length
        if (messages.length > 0) took.push(performance.now() - sentAt)
        poll(connection, next)
      },
    )
  })
  const sender = open(
    nodes[0],
    () => undefined,
    () => undefined,
  )
  const sending = setInterval(() => {
    sentAt = performance.now()
    sender.request(post('bench', 'hello to everybody here'))
  }, 50)
  await pause(4_000)
  took.length = 0
  const figures = await during(pids, seconds, () => delivered)
  clearInterval(sending)
  for (const connection of [...waiters, sender]) connection.end()
  return { ...figures, ...latencies(took) }
}

async function followed({ nodes, pids, rooms, seconds }) {
  const before = rssBytes(pids.node)
  let left = rooms
  let next = 0
  await new Promise((resolve) => {
    const ask = (connection) => {
      if (next < rooms)
        connection.request(`GET /v1/rooms/r-${next++}/messages?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      else connection.end()
    }
    for (let place = 0; place < Math.min(16, rooms); place++)
      open(nodes[0], ask, (connection) => {
        if (--left === 0) resolve()
        ask(connection)
      })
  })
  await pause(2_000)
  const used = [cpuSeconds(pids.node), cpuSeconds(pids.nats)]
  await pause(seconds * 1000)
  return {
    nodePercent: ((cpuSeconds(pids.node) - used[0]) / seconds) * 100,
    natsPercent: ((cpuSeconds(pids.nats) - used[1]) / seconds) * 100,
    ...(rooms >= 1_000 && { nodeKbPerRoom: (rssBytes(pids.node) - before) / 1024 / rooms }),
  }
}

async function during(pids, seconds, count) {
  const [before, node, nats, at] = [count(), cpuSeconds(pids.node), cpuSeconds(pids.nats), performance.now()]
  await pause(seconds * 1000)
  const done = count() - before
  return {
    perSecond: (done / (performance.now() - at)) * 1000,
    nodeUs: ((cpuSeconds(pids.node) - node) / done) * 1e6,
    natsUs: ((cpuSeconds(pids.nats) - nats) / done) * 1e6,
  }
}

function latencies(took) {
  const sorted = took.toSorted((a, b) => a - b)
  return { p50Ms: sorted[Math.floor(sorted.length * 0.5)], p99Ms: sorted[Math.floor(sorted.length * 0.99)] }
}

function open({ port }, onReady, onBody) {
  return new Connection(
    { port },
    {
      onReady,
      onAnswer: (connection, buffer, start, end) => onBody(connection, buffer.utf8Slice(start, end)),
      onLost: (reason) => {
        throw new Error(reason)
      },
    },
  )
}

function post(room, body) {
  return `POST /v1/rooms/${room}/messages?uid=ada HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}
