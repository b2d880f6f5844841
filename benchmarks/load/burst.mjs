/** Many speak back to back and many wait: how much reaches everybody, and whether all of it does, once. */
import { setTimeout as sleep } from 'node:timers/promises'
import { dialects } from './dialects.mjs'
import { Ledger } from './ledger.mjs'
import { Publishers } from './publishers.mjs'
import { Readers } from './readers.mjs'
import { settle, until, Window } from './window.mjs'

/** Enough for 20,000 sends a second; the publishers stop when it is full. */
const CAPACITY = 200_000
const DRAIN_MS = 15_000

export async function burst(job) {
  const { readers: count, publishers: publisherCount, warmMs, measureMs, pids } = job
  const dialect = dialects[job.dialect]
  const ledger = new Ledger({ run: job.run, readers: count, capacity: CAPACITY })
  const readers = new Readers(job, { dialect, ledger })
  const publishers = new Publishers(job, { dialect, ledger })
  await publishers.open(publisherCount)
  await readers.open(count)
  await settle(pids)

  publishers.start()
  await sleep(warmMs)
  ledger.countFromHere()
  const acknowledgedBefore = publishers.acknowledged
  const window = new Window(pids)
  await sleep(measureMs)
  publishers.stop()
  const published = publishers.acknowledged - acknowledgedBefore
  const publishSeconds = window.elapsedMs / 1000
  const isComplete = await until(() => publishers.isIdle && ledger.isComplete(), DRAIN_MS)
  const drainMs = window.elapsedMs - publishSeconds * 1000
  const { serverCpuSeconds, serverCpuPct, loadCpuPct } = window.close()
  await sleep(300)
  readers.end()
  publishers.end()
  return {
    deliveriesPerCpuSecond: ledger.delivered / serverCpuSeconds,
    publishedPerSecond: published / publishSeconds,
    messagesPerAnswer: ledger.delivered / ledger.answers,
    p50Ms: ledger.latency.quantile(0.5),
    p99Ms: ledger.latency.quantile(0.99),
    drainMs,
    deliveries: ledger.delivered,
    isComplete,
    lost: ledger.lost(),
    duplicates: ledger.duplicates,
    errors: readers.errors + publishers.errors + ledger.foreign,
    emptyAnswers: readers.empty,
    lastError: readers.lastError ?? publishers.lastError,
    serverCpuPct,
    loadCpuPct,
  }
}
