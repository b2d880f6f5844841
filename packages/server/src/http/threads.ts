/**
 * Several HTTP threads over the one log thread. Each has its own hub, lane and connections, shared out by the system;
 * what any of them appends is announced to all. They have to agree on one thing more: which of two polls on one inbox
 * is the newer.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { MessagePort } from 'node:worker_threads'
import { BroadcastChannel, Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { LimitsOptions } from '../limits/limits.ts'
import { StartError } from '../log/start-error.ts'
import type { Metric } from '../metrics/measures.ts'
import type { MetricsPeers } from '../metrics/metrics.ts'
import type { Access } from '../middleware/identity.ts'
import type { Lease } from '../presence/presence.ts'
import type { TlsFiles } from './certificate.ts'
import { addressOf, listen } from './listen.ts'
import { type ServeOptions, type Serving, serve } from './serve.ts'

/** Beside this file, compiled or not. */
const THREAD = new URL(import.meta.url.endsWith('.ts') ? './http-thread.ts' : './http-thread.js', import.meta.url)

export type ThreadData = {
  log: MessagePort
  address: { host: string; port: number }
  access: Access
  lane: boolean
  limits: LimitsOptions
  tls: TlsFiles | undefined
  logLevel: string
  channel: string
  threads: number
}

/** What the first says to them. */
export type ToThread = 'reload' | 'close'

/** What the threads say to the first: that they serve, and that they have ended. */
export type FromThread = 'serving' | 'closed'

/** The first thread is this one. @throws StartError; then none is left */
export async function serveInThreads(options: ServeOptions & { threads: number; logLevel: string }): Promise<Serving> {
  const { engine, access, lane, limits, tls, threads, logger, logLevel } = options
  const { share } = engine
  if (!share)
    throw new StartError('Several threads need a log on disk; leave out --threads, or choose a folder with --data.')
  const address = await claim(options.address)
  const channel = `poll-chat ${address.host}:${address.port} ${process.pid}`
  const serving = await serve({ ...options, address: { ...address, reusePort: true }, ...openPeers(channel, threads) })
  const data = { address, access, lane, limits, tls, logLevel, channel, threads }
  const starts = Array.from({ length: threads - 1 }, () => HttpThread.start({ log: share(), ...data }, logger))
  const others = (await Promise.allSettled(starts)).flatMap((start) =>
    start.status === 'fulfilled' ? [start.value] : [],
  )
  const close = async () => {
    await Promise.all([serving.close(), ...others.map((thread) => thread.close())])
  }
  try {
    await Promise.all(starts)
  } catch (error) {
    await close()
    throw error
  }
  const reload = () => {
    serving.reload()
    for (const thread of others) thread.reload()
  }
  return { url: serving.url, reload, close }
}

/** Which port it is, and that nobody else has it: with `reusePort` two servers could listen there without noticing. */
async function claim({ host, port }: ServeOptions['address']): Promise<{ host: string; port: number }> {
  const server = createServer()
  await listen(server, { host, port })
  const claimed = addressOf(server).port
  await new Promise((resolve) => server.close(resolve))
  return { host, port: claimed }
}

/**
 * A further HTTP thread. One that ends by itself takes the process with it: its connections are cut already, and
 * whoever supervises the process starts it whole again.
 */
class HttpThread {
  readonly #worker: Worker
  #closing = false

  private constructor(worker: Worker) {
    this.#worker = worker
  }

  /** Resolves when it serves. */
  static async start(data: ThreadData, logger: Logger): Promise<HttpThread> {
    const worker = new Worker(THREAD, { workerData: data, transferList: [data.log] })
    const thread = new HttpThread(worker)
    await heard(worker, 'serving')
    worker.on('error', (error) => {
      logger.fatal({ err: error }, 'an HTTP thread has failed')
      throw error
    })
    worker.on('exit', (code) => {
      if (!thread.#closing) throw new Error(`An HTTP thread has ended by itself, with code ${code}.`)
    })
    return thread
  }

  reload(): void {
    this.#worker.postMessage('reload' satisfies ToThread)
  }

  async close(): Promise<void> {
    this.#closing = true
    const closed = heard(this.#worker, 'closed')
    this.#worker.postMessage('close')
    await closed
  }
}

function heard(worker: Worker, expected: FromThread): Promise<void> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`An HTTP thread has ended before it said "${expected}".`))
    worker.once('error', reject)
    worker.once('exit', onExit)
    worker.once('message', (message: FromThread) => {
      worker.off('error', reject)
      worker.off('exit', onExit)
      if (message === expected) resolve()
      else reject(new Error(`An HTTP thread said "${message}" instead of "${expected}".`))
    })
  })
}

type Announcement = { inbox: string; beganAt: bigint }

type ThreadPeers = Pick<ServeOptions, 'peers' | 'presencePeers' | 'metricsPeers'>

/** What the threads tell each other: on which inbox a poll has begun, and who is where. */
export function openPeers(name: string, threads: number): ThreadPeers {
  const polls = openChannel<Announcement>(`${name} polls`)
  const leases = openChannel<Lease>(`${name} leases`)
  return {
    peers: {
      announce: (inbox, beganAt) => polls.tell({ inbox, beganAt }),
      listen: (listener) => polls.listen(({ inbox, beganAt }) => listener(inbox, beganAt)),
    },
    presencePeers: { announce: (lease) => leases.tell(lease), listen: (listener) => leases.listen(listener) },
    metricsPeers: openMetricsPeers(`${name} metrics`, threads - 1),
  }
}

type Scrape = { ask: string } | { answered: string; metrics: Metric[] }

/** How long another thread may take to say what it has counted, in milliseconds. Prometheus waits for 10 s. */
const SCRAPE_MS = 5_000

function openMetricsPeers(name: string, others: number): MetricsPeers {
  const channel = openChannel<Scrape>(name)
  const asked = new Map<string, (metrics: Metric[]) => void>()
  return {
    answer: (measure) =>
      channel.listen((said) => {
        if ('ask' in said) channel.tell({ answered: said.ask, metrics: measure() })
        else asked.get(said.answered)?.(said.metrics)
      }),
    ask: () =>
      new Promise((resolve, reject) => {
        const ask = randomUUID()
        const answers: Metric[][] = []
        const end = (settle: () => void) => {
          clearTimeout(late)
          asked.delete(ask)
          settle()
        }
        const late = setTimeout(() => end(() => reject(new Error('late'))), SCRAPE_MS)
        asked.set(ask, (metrics) => {
          if (answers.push(metrics) === others) end(() => resolve(answers))
        })
        channel.tell({ ask })
      }),
  }
}

function openChannel<T>(name: string) {
  const channel = new BroadcastChannel(name)
  channel.unref()
  return {
    tell: (message: T) => channel.postMessage(message),
    listen: (listener: (message: T) => void) => {
      channel.onmessage = ({ data }: { data: T }) => listener(data)
    },
  }
}
