/** Run by a test as a process of its own: a server of three threads, and what may happen to them. */
import { syncBuiltinESMExports } from 'node:module'
import workerThreads, { type WorkerOptions } from 'node:worker_threads'

const [engine = '', what = ''] = process.argv.slice(2)
const workers: workerThreads.Worker[] = []
const logs: workerThreads.Worker[] = []

class RecordedWorker extends workerThreads.Worker {
  constructor(file: string | URL, options: WorkerOptions = {}) {
    const isSecond = workers.length === 1
    if (what === 'cannot-start' && isSecond) options.workerData.address.host = '192.0.2.1' // which nobody has
    super(file, options)
    if (String(file).includes('http-thread')) workers.push(this)
    else if (String(file).includes('sqlite-worker')) logs.push(this)
  }
}
workerThreads.Worker = RecordedWorker
syncBuiltinESMExports()

const { startServer } = await import('../../src/server.ts')
const config = { host: '127.0.0.1', port: 0, engine, logLevel: 'silent', threads: 3 } as const
try {
  const server = await startServer(config)
  process.stdout.write('started\n')
  if (what === 'close') await server.close()
  if (what === 'ends') await workers[1]?.terminate()
  if (what === 'fails') setImmediate(() => workers[1]?.emit('error', new Error('on purpose')))
  if (what === 'log-ends') await logs[0]?.terminate()
  if (what === 'log-fails') logs[0]?.postMessage(null) // which it does not expect
} catch (error) {
  process.stdout.write(`${String(error)}\n`)
}
