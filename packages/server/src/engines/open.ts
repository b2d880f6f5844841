import type { MessagePort } from 'node:worker_threads'
import type { Engine } from '../log/contract.ts'
import { StartError } from '../log/start-error.ts'
import { withTail } from '../log/tail.ts'
import { Tally } from '../metrics/tally.ts'
import type { NatsFiles } from './jetstream/address.ts'
import { openMemory } from './memory.ts'
import { openShared, openSqlite } from './sqlite.ts'

/**
 * Opens the engine that a URL names: `memory:`, `sqlite:PATH`, or `nats://HOST,HOST` (`tls://…`).
 * @param tally where it counts what it does
 * @throws StartError when there is no such engine, or it cannot be opened
 */
export async function openEngine(url: string, nats?: NatsFiles, tally = new Tally()): Promise<Engine> {
  const engine = await openByScheme(url, nats, tally)
  return { ...engine, log: withTail(engine.log) }
}

/** Opens the engine that another thread has opened, through the port that its `share` gave. */
export function openSharedEngine(port: MessagePort, tally: Tally): Engine {
  const engine = openShared(port, tally)
  return { ...engine, log: withTail(engine.log) }
}

async function openByScheme(url: string, nats: NatsFiles | undefined, tally: Tally): Promise<Engine> {
  if (url === 'memory:') return openMemory()
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length) return openSqlite(url.slice('sqlite:'.length), tally)
  if (/^(nats|tls):\/\//.test(url)) {
    const { openJetStream } = await import('./jetstream/open.ts') // whoever has no cluster does not load its client
    return openJetStream(url, nats, tally)
  }
  throw new StartError(`There is no engine "${url}". Use memory:, sqlite:PATH or nats://HOST,HOST.`)
}
