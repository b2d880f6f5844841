/** Connections that ask back to back for what is new, when nothing is: what an idle chat costs with short polling. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Histogram } from '../stats.mjs'
import { Connection, sourceAddress } from './connection.mjs'
import { dialects } from './dialects.mjs'
import { Ledger } from './ledger.mjs'
import { Publishers } from './publishers.mjs'
import { firstAnswer } from './readers.mjs'
import { settle, until, Window } from './window.mjs'

const STORED = 10

export async function poll(job) {
  const { connections, warmMs, measureMs, pids, port, run, room } = job
  const dialect = dialects[job.dialect]
  await store(job, dialect)
  const place = dialect.head ? await firstAnswer(job, dialect.head(room), dialect.nextPlace) : ''
  const request = dialect.poll(room, place)
  const expected = await firstAnswer(job, request, copyOf)
  await settle(pids)

  let latency = new Histogram()
  let errors = 0
  let stopped = false
  const all = []
  for (let i = 0; i < connections; i++) {
    let askedAt = 0
    const ask = (connection) => {
      askedAt = performance.now()
      connection.request(request)
    }
    all.push(
      new Connection(
        { port, localAddress: sourceAddress(run, i) },
        {
          onReady: ask,
          onAnswer: (connection, buffer, start, end) => {
            // Nothing was said meanwhile, so the right answer is the same to the byte.
            if (connection.status !== 200 || !isSame(expected, buffer, start, end)) errors++
            latency.add(performance.now() - askedAt)
            if (!stopped) ask(connection)
          },
          onLost: () => errors++,
        },
      ),
    )
  }
  await sleep(warmMs)
  latency = new Histogram()
  const window = new Window(pids)
  await sleep(measureMs)
  const { seconds, serverCpuSeconds, serverCpuPct, loadCpuPct } = window.close()
  const { count } = latency
  stopped = true
  await sleep(50)
  for (const connection of all) connection.end()
  return {
    requestsPerCpuSecond: count / serverCpuSeconds,
    requestsPerSecond: count / seconds,
    p50Ms: latency.quantile(0.5),
    p99Ms: latency.quantile(0.99),
    answerBytes: expected.length,
    errors,
    serverCpuPct,
    loadCpuPct,
  }
}

/** A few messages, so that there is a head to stand at. */
async function store(job, dialect) {
  const ledger = new Ledger({ run: job.run, readers: 0, capacity: STORED })
  const publishers = new Publishers(job, { dialect, ledger })
  await publishers.open(1)
  for (let i = 0; i < STORED; i++) publishers.publish(job.room)
  await until(() => publishers.isIdle, 10_000)
  publishers.end()
  if (publishers.errors > 0) throw new Error(publishers.lastError)
}

function copyOf({ status }, buffer, start, end) {
  if (status !== 200) throw new Error(`a poll was answered with ${status}`)
  return Buffer.from(buffer.subarray(start, end))
}

function isSame(expected, buffer, start, end) {
  return end - start === expected.length && buffer.compare(expected, 0, expected.length, start, end) === 0
}
