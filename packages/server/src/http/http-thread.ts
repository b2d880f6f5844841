/** The entry of every further HTTP thread: serves the shared log until the first thread says to close. */
import { parentPort, workerData } from 'node:worker_threads'
import { pino } from 'pino'
import { openSharedEngine } from '../engines/open.ts'
import { Tally } from '../metrics/tally.ts'
import { serve } from './serve.ts'
import { type FromThread, openPeers, type ThreadData, type ToThread } from './threads.ts'

if (!parentPort) throw new Error('This file runs as a worker thread.')
const port = parentPort
const { log, address, access, lane, limits, tls, logLevel, channel, threads }: ThreadData = workerData
const tell = (message: FromThread) => port.postMessage(message)

const tally = new Tally()
const engine = openSharedEngine(log, tally)
const serving = await serve({
  engine,
  address: { ...address, reusePort: true },
  access,
  lane,
  limits,
  tls,
  logger: pino({ level: logLevel }, pino.destination(2)),
  tally,
  ...openPeers(channel, threads),
})
tell('serving')
port.on('message', async (message: ToThread) => {
  if (message === 'reload') return serving.reload()
  await serving.close()
  await engine.log.close()
  tell('closed')
  port.close()
})
