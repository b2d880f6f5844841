/**
 * A thread of its own beside the readers: somebody sends in another room, now and then, and counts how long each send
 * takes. In the readers' own thread it would count their reading too. Ends when told anything; says what it counted.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { Histogram } from '../stats.mjs'
import { dialects } from './dialects.mjs'
import { Ledger } from './ledger.mjs'
import { Publishers } from './publishers.mjs'
import { until } from './window.mjs'

/** Starts sending. Returns a function that ends it and resolves with what it counted. */
export function sendBeside(job) {
  const worker = new Worker(new URL(import.meta.url), { workerData: job })
  return () =>
    new Promise((resolve, reject) => {
      worker.once('message', resolve).once('error', reject)
      worker.postMessage('end')
    })
}

if (parentPort) await send(workerData)

async function send(job) {
  const latency = new Histogram()
  const ledger = new Ledger({ run: job.run, readers: 0, capacity: 100_000 })
  const publishers = new Publishers(job, {
    dialect: dialects[job.dialect],
    ledger,
    onAcknowledged: (ms) => latency.add(ms),
  })
  await publishers.open(1)
  const timer = setInterval(() => publishers.isIdle && publishers.publish('elsewhere'), job.besideEveryMs)
  parentPort.once('message', async () => {
    clearInterval(timer)
    await until(() => publishers.isIdle, 10_000)
    publishers.end()
    parentPort.postMessage({
      sendP50Ms: latency.quantile(0.5),
      sendP99Ms: latency.quantile(0.99),
      errors: publishers.errors,
      lastError: publishers.lastError,
    })
  })
}
