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
    sendNodeUs: figure('cluster', of('sends', '3 nodes'), 'nodeUs'),
    sendNatsUs: figure('cluster', of('sends', '3 nodes'), 'natsUs'),
    kbPerRoom: figure('cluster', ({ case: name }) => name === '10,000 followed', 'nodeKbPerRoom'),
    idleBytesPerPoll: figure('wire', ({ case: name }) => name === 'an idle minute', 'longBytes') / 2,
    deliveryBytes: figure('wire', ({ case: name }) => name === 'a message', 'longBytes'),
  }
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
  const sendCores = (sends * measured.sendNodeUs) / 1e6
  const natsCores = (sends * measured.sendNatsUs) / 1e6
  const nodeCores = pollCores + deliveryCores + sendCores
  const memoryGb = (readers * (measured.kbPerReader + a.kernelKbPerConnection) + rooms * measured.kbPerRoom) / 1024 ** 2
  const cells = Math.ceil(readers / a.readersPerCell)
  const processes = Math.max(cells * 2, Math.ceil(nodeCores / (1 - a.headroom)))
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
    'nodes of one core, half used': processes,
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
  const { kbPerReader, pollUs, deliveryUs, sendNodeUs, sendNatsUs, kbPerRoom } = measured
  return `Measured: ${formatNumber(kbPerReader)} KB of a node's memory for a parked long poll; CPU of ${formatNumber(pollUs)} µs for an idle poll, ${formatNumber(deliveryUs)} µs for a delivery
and asking again, ${formatNumber(sendNodeUs)} µs of all nodes and ${formatNumber(sendNatsUs)} µs of three nats-servers for a send; ${formatNumber(kbPerRoom)} KB for a followed room.
Assumed: ${a.kernelKbPerConnection} KB of kernel memory a connection; waits of ${a.waitSeconds} s; a delivery to each reader every ${1 / a.deliveriesPerReaderSecond} s and a send of each every
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
