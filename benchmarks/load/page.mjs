/** Reads pages anywhere in a long room, one after the other, and checks that each begins where it should. */
import { Histogram } from '../stats.mjs'
import { Connection, sourceAddress } from './connection.mjs'
import { dialects } from './dialects.mjs'
import { settle, Window } from './window.mjs'

const LIMIT = 100

export async function page(job) {
  const { stored, warmMs, measureMs, pids } = job
  const dialect = dialects[job.dialect]
  const whole = new Histogram()
  const tenths = Array.from({ length: 10 }, () => new Histogram())
  const random = generator(stored)
  const asking = await Asking.open(job)
  let errors = 0

  async function readFor(ms, counted) {
    const end = performance.now() + ms
    while (performance.now() < end) {
      const index = Math.floor(random() * (stored - LIMIT)) + 1
      const isBackward = random() < 0.5
      const request = isBackward
        ? dialect.pageBefore(job.room, index + LIMIT, LIMIT)
        : dialect.pageAfter(job.room, index - 1, LIMIT)
      const askedAt = performance.now()
      const first = await asking.firstIndex(request)
      if (first !== index) errors++
      if (!counted) continue
      const ms = performance.now() - askedAt
      whole.add(ms)
      tenths[Math.min(9, Math.floor((index / stored) * 10))].add(ms)
    }
  }

  await readFor(warmMs, false)
  await settle(pids)
  const window = new Window(pids)
  await readFor(measureMs, true)
  const { serverCpuSeconds, serverCpuPct, loadCpuPct } = window.close()
  asking.end()
  return {
    cpuPerPageUs: (serverCpuSeconds / whole.count) * 1e6,
    p50Ms: whole.quantile(0.5),
    p99Ms: whole.quantile(0.99),
    firstTenthP50Ms: tenths[0].quantile(0.5),
    lastTenthP50Ms: tenths[9].quantile(0.5),
    pages: whole.count,
    errors,
    serverCpuPct,
    loadCpuPct,
  }
}

/** One connection, one question at a time. */
class Asking {
  #connection
  #settle

  static open({ port, run }) {
    return new Promise((resolve, reject) => {
      const asking = new Asking()
      asking.#connection = new Connection(
        { port, localAddress: sourceAddress(run, 0) },
        {
          onReady: () => resolve(asking),
          onAnswer: (connection, buffer, start, end) => asking.#settle(indexIn(connection, buffer, start, end)),
          onLost: (reason) => reject(new Error(reason)),
        },
      )
    })
  }

  firstIndex(request) {
    return new Promise((resolve) => {
      this.#settle = resolve
      this.#connection.request(request)
    })
  }

  end() {
    this.#connection.end()
  }
}

function indexIn({ status }, buffer, start, end) {
  if (status !== 200) return undefined
  return Number(/"index":(\d+)/.exec(buffer.latin1Slice(start, Math.min(end, start + 200)))?.[1])
}

/** The same places in every run (mulberry32). */
function generator(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
