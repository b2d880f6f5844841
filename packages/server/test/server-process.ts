/** Run by tests as a process of its own: serves an engine until it is killed or told to end by SIGTERM. */
import { startServer } from '../src/server.ts'

const [engine = 'memory:'] = process.argv.slice(2)
const server = await startServer({ host: '127.0.0.1', port: 0, engine, logLevel: 'silent' })
process.once('SIGTERM', () => server.close())
process.stdout.write(`${server.url}\n`)
