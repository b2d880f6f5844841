/**
 * Several HTTP threads over the one log thread. Each has its own hub, lane and connections, shared out by the system;
 * what any of them appends is announced to all. They have to agree on one thing more: which of two polls on one inbox
 * is the newer.
 */
import { createServer } from 'node:http'
import type { MessagePort } from 'node:worker_threads'
import { BroadcastChannel, Worker } from 'node:worker_threads'
import type { Peers } from '../hub/inboxes.ts'
import { StartError } from '../log/start-error.ts'
import type { Access } from '../middleware/identity.ts'
import { listen, urlOf } from './listen.ts'
import { type ServeOptions, type Serving, serve } from './serve.ts'

/** Beside this file, compiled or not. */
const THREAD = new URL(import.meta.url.endsWith('.ts') ? './http-thread.ts' : './http-thread.js', import.meta.url)

export type ThreadData = {
  log: MessagePort
  address: { host: string; port: number }
  access: Access
  lane: boolean
  logLevel: string
  channel: string
}

/** What the threads say to the first: that they serve, and that they have ended. */
export type FromThread = 'serving' | 'closed'

/** The first thread is this one. @throws StartError */
export async function serveInThreads(options: ServeOptions & { threads: number; logLevel: string }): Promise<Serving> {
  const { engine, access, lane, threads, logLevel } = options
  const { share } = engine
  if (!share)
    throw new StartError('Several threads need a log on disk; leave out --threads, or choose a folder with --data.')
  const address = await claim(options.address)
  const channel = `poll-chat ${address.host}:${address.port} ${process.pid}`
  const serving = await serve({ ...options, address: { ...address, reusePort: true }, peers: openPeers(channel) })
  const others = await Promise.all(
    Array.from({ length: threads - 1 }, () => startThread({ log: share(), address, access, lane, logLevel, channel })),
  )
  return {
    url: serving.url,
    close: async () => {
      await Promise.all([serving.close(), ...others.map(endThread)])
    },
  }
}

/** Which port it is, and that nobody else has it: with `reusePort` two servers could listen there without noticing. */
async function claim({ host, port }: ServeOptions['address']): Promise<{ host: string; port: number }> {
  const server = createServer()
  await listen(server, { host, port })
  const claimed = Number(new URL(urlOf(server)).port)
  await new Promise((resolve) => server.close(resolve))
  return { host, port: claimed }
}

async function startThread(data: ThreadData): Promise<Worker> {
  const thread = new Worker(THREAD, { workerData: data, transferList: [data.log] })
  await heard(thread, 'serving')
  thread.on('error', (error) => {
    throw error
  })
  return thread
}

async function endThread(thread: Worker): Promise<void> {
  const closed = heard(thread, 'closed')
  thread.postMessage('close')
  await closed
}

function heard(thread: Worker, expected: FromThread): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.once('error', reject)
    thread.once('message', (message: FromThread) => {
      thread.off('error', reject)
      if (message === expected) resolve()
      else reject(new Error(`A thread said ${message} instead of ${expected}.`))
    })
  })
}

type Announcement = { inbox: string; beganAt: bigint }

/** What the threads tell each other: on which inbox a poll has begun. */
export function openPeers(name: string): Peers {
  const channel = new BroadcastChannel(name)
  channel.unref()
  return {
    announce: (inbox, beganAt) => channel.postMessage({ inbox, beganAt } satisfies Announcement),
    listen: (listener) => {
      channel.onmessage = ({ data }: { data: Announcement }) => listener(data.inbox, data.beganAt)
    },
  }
}
