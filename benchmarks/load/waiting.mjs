/**
 * `n` readers wait and somebody speaks now and then: what waiting costs, and what it costs to tell everybody.
 * With several rooms the readers are spread over them, and each round says one message in every room. With
 * `besideEveryMs` somebody sends in yet another room meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { rssBytes } from '../os.mjs'
import { median } from '../stats.mjs'
import { sendBeside } from './beside.mjs'
import { dialects } from './dialects.mjs'
import { Ledger } from './ledger.mjs'
import { Publishers } from './publishers.mjs'
import { Readers } from './readers.mjs'
import { settle, until, Window } from './window.mjs'

/** How long everybody may take to receive everything in the end, in milliseconds. */
const DRAIN_MS = 15_000

export async function waiting(job) {
  const { n, rooms = 1, warm, warmEveryMs, messages, everyMs, idleMs = 0, drainMs = DRAIN_MS, pids } = job
  const dialect = dialects[job.dialect]
  const ledger = new Ledger({
    run: job.run,
    readers: n,
    capacity: (warm + messages) * rooms,
    readersOf: (seq) => Math.floor(n / rooms) + (seq % rooms < n % rooms ? 1 : 0),
  })
  const readers = new Readers(job, { dialect, ledger })
  const publishers = new Publishers(job, { dialect, ledger })
  await publishers.open(Math.min(32, rooms * 2))

  await settle(pids)
  const rssBefore = rssBytes(pids)
  const opening = new Window(pids)
  await readers.open(n)
  await settle(pids)
  const { serverCpuSeconds: openCpuSeconds } = opening.close()
  const idle = new Window(pids)
  await sleep(idleMs)
  const idleCpuPct = idle.close().serverCpuPct
  const rssParked = rssBytes(pids)

  for (let i = 0; i < warm; i++) {
    await round(publishers, readers, rooms, performance.now(), warmEveryMs)
    await until(() => ledger.isComplete() && publishers.isIdle, drainMs)
  }
  await settle(pids)

  ledger.countFromHere()
  const window = new Window(pids)
  const endBeside = job.besideEveryMs === undefined ? undefined : sendBeside(job)
  const start = performance.now()
  for (let i = 0; i < messages; i++) await round(publishers, readers, rooms, start + i * everyMs, everyMs)
  await until(() => publishers.isIdle && ledger.isComplete(), drainMs)
  const { serverCpuSeconds, serverCpuPct, loadCpuPct } = window.close()
  const beside = await endBeside?.()
  // A message that comes twice comes after it came once.
  await sleep(300)
  readers.end()
  publishers.end()
  return {
    cpuPerDeliveryUs: (serverCpuSeconds / ledger.delivered) * 1e6,
    cpuPerOperationUs: (serverCpuSeconds / (ledger.delivered + ledger.sent)) * 1e6,
    p50Ms: ledger.latency.quantile(0.5),
    p99Ms: ledger.latency.quantile(0.99),
    sendP50Ms: beside?.sendP50Ms,
    sendP99Ms: beside?.sendP99Ms,
    lastMs: median(ledger.timesToLast()),
    rssPerWaiterKb: (rssParked - rssBefore) / n / 1000,
    rssMb: rssParked / 1e6,
    idleCpuPct,
    openCpuUs: (openCpuSeconds / n) * 1e6,
    deliveries: ledger.delivered,
    lost: ledger.lost(),
    duplicates: ledger.duplicates,
    errors: readers.errors + publishers.errors + ledger.foreign + (beside?.errors ?? 0),
    emptyAnswers: readers.empty,
    lastError: readers.lastError ?? publishers.lastError ?? beside?.lastError,
    serverCpuPct,
    loadCpuPct,
  }
}

/** One message in every room, spread evenly over the time; ends when the time is over. */
async function round(publishers, readers, rooms, startAt, lengthMs) {
  for (let said = 0; said < rooms; ) {
    const due = Math.min(rooms, Math.floor(((performance.now() - startAt) / lengthMs) * rooms) + 1)
    while (said < due) publishers.publish(readers.roomOf(said++))
    if (said < rooms) await sleep(2)
  }
  await sleep(Math.max(0, startAt + lengthMs - performance.now()))
}
