/**
 * node benchmarks/scale.mjs [--record]
 * What a million and a hundred million parked readers need, from what the benchmarks measured (results/*.json) and what is
 * assumed of people. Prints the table; `--record` puts it into docs/scale.md.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { formatNumber } from './stats.mjs'

/** Of people and machines. Change them here. */
const ASSUMED = {
  waitSeconds: 50,
  deliveriesPerReaderSecond: 1 / 10,
  sendsPerReaderSecond: 1 / 600,
  roomsPerReader: 3,
  readersPerRoom: 10,
  kernelKbPerConnection: 8,
  readersPerNode: 40_000,
  headroom: 0.5,
  coresPerBox: 16,
  gbPerBox: 64,
  readersPerCell: 1_000_000,
}

const measured = measure()
const sizes = [10_000, 1_000_000, 100_000_000]
const table = tableOf(sizes.map(sizeFor))
console.log(table)
if (process.argv.includes('--record')) record('model', `${assumptions()}\n\n${table}`)

function measure() {
  return {
    kbPerReader: figure('park', ({ x }) => x >= 10_000, 'rssPerWaiterKb'),
    pollUs: 1e6 / figure('poll', ({ case: name }) => name === '1 thread', 'requestsPerCpuSecond'),
    deliveryUs: figure('cluster', of('deliveries', '3 nodes'), 'nodeUs'),
    send: { nodeUs: sendUs('nodeUs'), natsUs: sendUs('natsUs') },
    kbPerRoom: figure('cluster', ({ case: name }) => name === '10,000 followed', 'nodeKbPerRoom'),
    idleBytesPerPoll: figure('wire', ({ case: name }) => name === 'an idle minute', 'longBytes') / 2,
    deliveryBytes: figure('wire', ({ case: name }) => name === 'a message', 'longBytes'),
  }
}

/** What a send costs, and what more for each further node that follows its room. */
function sendUs(name) {
  const [one, three] = ['1 node', '3 nodes'].map((nodes) => figure('cluster', of('sends', nodes), name))
  return { first: one, further: (three - one) / 2 }
}

function of(name, server) {
  return (run) => run.case === name && run.server === server
}

/** The median of poll-chat's runs. */
function figure(question, isWanted, name) {
  const { runs } = JSON.parse(readFileSync(new URL(`./results/${question}.json`, import.meta.url), 'utf8'))
  const ours = question === 'cluster' ? runs : runs.filter(({ server }) => server === 'poll-chat')
  const values = ours
    .filter(isWanted)
    .map((run) => run[name])
    .filter((value) => value !== undefined)
  const sorted = values.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]
  if (median === undefined) throw new Error(`results/${question}.json has no ${name}: npm run bench -- ${question}`)
  return median
}

function sizeFor(readers) {
  const a = ASSUMED
  const deliveries = readers * a.deliveriesPerReaderSecond
  const sends = readers * a.sendsPerReaderSecond
  const idlePolls = readers / a.waitSeconds
  const rooms = (readers * a.roomsPerReader) / a.readersPerRoom
  const pollCores = (idlePolls * measured.pollUs) / 1e6
  const deliveryCores = (deliveries * (measured.deliveryUs + measured.pollUs)) / 1e6
  const cells = Math.ceil(readers / a.readersPerCell)
  // Readers of a room are spread by chance over the nodes of its cell.
  const nodesOfCell = Math.max(2, Math.ceil(Math.min(readers, a.readersPerCell) / a.readersPerNode))
  const following = nodesOfCell * (1 - (1 - 1 / nodesOfCell) ** a.readersPerRoom)
  const cost = ({ first, further }) => first + further * (following - 1)
  const sendCores = (sends * cost(measured.send.nodeUs)) / 1e6
  const natsCores = (sends * cost(measured.send.natsUs)) / 1e6
  const nodeCores = pollCores + deliveryCores + sendCores
  const memoryGb =
    (readers * (measured.kbPerReader + a.kernelKbPerConnection) + rooms * following * measured.kbPerRoom) / 1024 ** 2
  const processes = Math.max(cells * nodesOfCell, Math.ceil(nodeCores / (1 - a.headroom)))
  const boxes = Math.ceil(Math.max(processes / (a.coresPerBox - 2), memoryGb / (1 - a.headroom) / a.gbPerBox))
  return {
    readers,
    'idle polls a second': idlePolls,
    'deliveries a second': deliveries,
    'sends a second': sends,
    'rooms in use': rooms,
    'cores for polls': pollCores,
    'cores for deliveries': deliveryCores,
    'cores for sends': sendCores,
    'memory of readers and rooms, GB': memoryGb,
    'cores of nats-server': natsCores,
    'bandwidth to readers, Gbit/s':
      ((idlePolls * measured.idleBytesPerPoll + deliveries * measured.deliveryBytes) * 8) / 1e9,
    'nodes, each of a core that is half used at most': processes,
    [`machines for them (${a.coresPerBox} cores, ${a.gbPerBox} GB)`]: boxes,
    cells,
    'streams (8 shards a cell) of three replicas': cells * 8,
    'nats-servers': cells * 3,
  }
}

function tableOf(columns) {
  const names = Object.keys(columns[0]).slice(1)
  const head = `| parked readers | ${columns.map(({ readers }) => readers.toLocaleString('en-US')).join(' | ')} |`
  const rows = names.map((name) => `| ${name} | ${columns.map((column) => formatNumber(column[name])).join(' | ')} |`)
  return [head, `|---|${'---:|'.repeat(columns.length)}`, ...rows].join('\n')
}

function assumptions() {
  const a = ASSUMED
  const { kbPerReader, pollUs, deliveryUs, send, kbPerRoom } = measured
  const us = ({ first, further }) =>
    `${formatNumber(first)} µs and ${formatNumber(further)} µs for each further node that follows its room`
  return `Measured: ${formatNumber(kbPerReader)} KB of a node's memory for a parked long poll; CPU of ${formatNumber(pollUs)} µs for an idle poll, ${formatNumber(deliveryUs)} µs for a delivery
and for a send of the nodes
${us(send.nodeUs)}, of three nats-servers
${us(send.natsUs)}; ${formatNumber(kbPerRoom)} KB for a room that a node follows.
Assumed: ${a.kernelKbPerConnection} KB of kernel memory a connection; ${a.readersPerNode.toLocaleString('en-US')} readers a node at most (19,000 were measured); waits of ${a.waitSeconds} s; a delivery to each reader every ${1 / a.deliveriesPerReaderSecond} s and a send of each every
${1 / a.sendsPerReaderSecond} s; ${a.roomsPerReader} rooms a reader and ${a.readersPerRoom} readers a room; machines that are half used; cells of ${a.readersPerCell.toLocaleString('en-US')}.`
}

function record(name, text) {
  const file = new URL('../docs/scale.md', import.meta.url)
  const page = readFileSync(file, 'utf8')
  const marked = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)
  writeFileSync(
    file,
    page.replace(marked, (_, begin, end) => `${begin}\n${text}\n\n${end}`),
  )
}
