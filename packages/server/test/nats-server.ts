/** Real nats-servers for tests: on loopback, on ports of their own, with folders that go when they end. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type NatsServer = {
  url: string
  port: number
  /** Where it keeps what it has. */
  folder: string
  /** Kills it. */
  kill(): Promise<void>
  /** Starts it again, with what it had. */
  start(): Promise<void>
  /** Ends it for good. */
  stop(): Promise<void>
}

/** Starts one server. `configuration` is added to its file. */
export async function startNats(configuration = 'jetstream { store_dir: STORE }'): Promise<NatsServer> {
  requireNats()
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'poll-chat-nats-'))
  const file = join(folder, 'nats.conf')
  const text = configuration.replaceAll('STORE', JSON.stringify(join(folder, 'store')))
  writeFileSync(file, `listen: "127.0.0.1:${port}"\nclient_advertise: "127.0.0.1:${port}"\n${text}\n`)
  let child: ChildProcess
  const killed = () => child.kill('SIGKILL')
  process.once('exit', killed)

  async function start(): Promise<void> {
    child = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    await isReady(child)
  }

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((end) => child.once('exit', end))
    child.kill('SIGKILL')
    await ended
  }

  async function stop(): Promise<void> {
    process.off('exit', killed)
    await kill()
    rmSync(folder, { recursive: true, force: true })
  }

  await start()
  return { url: `nats://127.0.0.1:${port}`, port, folder, kill, start, stop }
}

function requireNats(): void {
  if (spawnSync('nats-server', ['--version']).error)
    throw new Error('These tests need nats-server: sudo apt-get install nats-server (or see https://nats.io/download).')
}

function isReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`nats-server ended: ${said}`)))
    child.stderr?.on('data', (chunk) => {
      said += chunk
      if (said.includes('Server is ready')) resolve()
    })
  })
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
