/** Senders back to back, nobody reads: what one disk takes through HTTP. Afterwards the log must hold all of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Histogram } from '../stats.mjs'
import { dialects } from './dialects.mjs'
import { Ledger } from './ledger.mjs'
import { Publishers } from './publishers.mjs'
import { firstAnswer } from './readers.mjs'
import { settle, until, Window } from './window.mjs'

export async function append(job) {
  const { senders, warmMs, measureMs, pids } = job
  const dialect = dialects[job.dialect]
  const before = await headIndex(job, dialect)
  let latency = new Histogram()
  const ledger = new Ledger({ run: job.run, readers: 0, capacity: 2_000_000 })
  const publishers = new Publishers(job, { dialect, ledger, onAcknowledged: (ms) => latency.add(ms) })
  await publishers.open(senders)
  await settle(pids)

  publishers.start()
  await sleep(warmMs)
  latency = new Histogram()
  const acknowledgedBefore = publishers.acknowledged
  const window = new Window(pids)
  await sleep(measureMs)
  const { seconds, serverCpuSeconds, serverCpuPct, loadCpuPct } = window.close()
  const appended = publishers.acknowledged - acknowledgedBefore
  publishers.stop()
  await until(() => publishers.isIdle, 10_000)
  const stored = (await headIndex(job, dialect)) - before
  publishers.end()
  return {
    appendsPerSecond: appended / seconds,
    appendsPerCpuSecond: appended / serverCpuSeconds,
    p50Ms: latency.quantile(0.5),
    p99Ms: latency.quantile(0.99),
    lost: dialect.head ? publishers.acknowledged - stored : undefined,
    errors: publishers.errors,
    lastError: publishers.lastError,
    serverCpuPct,
    loadCpuPct,
  }
}

/** The engines here number densely, so the index at the head is how many there are. */
async function headIndex(job, dialect) {
  if (!dialect.head) return 0
  return Number.parseInt(await firstAnswer(job, dialect.head(job.room), dialect.nextPlace), 10)
}
