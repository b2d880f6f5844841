/** What Node and the system say: of this thread, and of the process. */
import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { threadId } from 'node:worker_threads'
import { counter, gauge, type Metric } from './measures.ts'

/** How often the event loop is looked at, in milliseconds. */
const LOOK_MS = 20

const STARTED_AT = Date.now() / 1000 - process.uptime()

type Delays = ReturnType<typeof monitorEventLoopDelay>

const QUANTILES = [0.5, 0.9, 0.99, 1]

/** Of the event loop of this thread. It is watched from the first question on: who never asks does not pay for it. */
export class LoopWatch {
  #delays: Delays | undefined

  measure(): Metric[] {
    const thread = `${threadId}`
    const delays = this.#delays
    const lag = delays && delays.count > 0 ? QUANTILES.map((quantile) => lagAt(delays, quantile, thread)) : []
    if (delays) delays.reset()
    else this.#watch()
    const { active } = performance.eventLoopUtilization()
    return [
      {
        ...gauge('poll_chat_event_loop_lag_seconds', 'How late the event loop was since the last scrape.', 0),
        values: lag,
      },
      {
        ...counter('poll_chat_event_loop_busy_seconds_total', 'Time in which the event loop did something.', 0),
        values: [{ value: active / 1000, labels: { thread } }],
      },
      gauge('nodejs_heap_size_used_bytes', 'Memory that objects take, of all threads.', process.memoryUsage().heapUsed),
    ]
  }

  #watch(): void {
    this.#delays = monitorEventLoopDelay({ resolution: LOOK_MS })
    this.#delays.enable()
  }

  close(): void {
    this.#delays?.disable()
  }
}

/** What is recorded is the time between two looks. */
function lagAt(delays: Delays, quantile: number, thread: string) {
  const value = Math.max(0, delays.percentile(quantile * 100) / 1e9 - LOOK_MS / 1000)
  return { value, labels: { thread, quantile: `${quantile}` } }
}

/** The names are those that every exporter of Prometheus has. */
export function processMetrics(version: string): Metric[] {
  const { user, system } = process.cpuUsage()
  const { rss } = process.memoryUsage()
  const files = openFiles()
  return [
    {
      ...gauge('poll_chat_info', 'Which poll-chat this is, on which Node.', 1),
      values: [{ value: 1, labels: { version, node: process.version } }],
    },
    counter('process_cpu_user_seconds_total', 'CPU time spent in the process itself.', user / 1e6),
    counter('process_cpu_system_seconds_total', 'CPU time spent in the system for it.', system / 1e6),
    counter('process_cpu_seconds_total', 'CPU time spent.', (user + system) / 1e6),
    gauge('process_resident_memory_bytes', 'Memory that it has.', rss),
    gauge('process_start_time_seconds', 'When it began, since the epoch.', STARTED_AT),
    ...(files === undefined ? [] : [gauge('process_open_fds', 'Files and sockets that it has open.', files)]),
  ]
}

/** Linux alone tells. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return undefined
  }
}
