import type { MessagePort } from 'node:worker_threads'
import type { Engine } from '../log/contract.ts'
import { StartError } from '../log/start-error.ts'
import { withTail } from '../log/tail.ts'
import type { Tally } from '../metrics/tally.ts'
import type { EngineOptions } from './engine-options.ts'
import type { NatsFiles } from './jetstream/address.ts'
import { openMemory } from './memory.ts'
import { openShared, openSqlite } from './sqlite.ts'

/** `nats`: what a NATS engine needs beside its URL. */
type OpenOptions = EngineOptions & { nats?: NatsFiles | undefined }

/**
 * Opens the engine that a URL names: `memory:`, `sqlite:PATH`, or `nats://HOST,HOST` (`tls://…`).
 * @throws StartError when there is no such engine, or it cannot be opened
 */
export async function openEngine(url: string, options: OpenOptions = {}): Promise<Engine> {
  const engine = await openByScheme(url, options)
  return { ...engine, log: withTail(engine.log) }
}

/** Opens the engine that another thread has opened, through the port that its `share` gave. */
export function openSharedEngine(port: MessagePort, tally: Tally): Engine {
  const engine = openShared(port, tally)
  return { ...engine, log: withTail(engine.log) }
}

async function openByScheme(url: string, { nats, ...options }: OpenOptions): Promise<Engine> {
  if (url === 'memory:') return openMemory(options)
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length)
    return openSqlite(url.slice('sqlite:'.length), options)
  if (/^(nats|tls):\/\//.test(url)) {
    const { openJetStream } = await import('./jetstream/open.ts') // whoever has no cluster does not load its client
    return openJetStream(url, nats, options)
  }
  throw new StartError(`There is no engine "${url}". Use memory:, sqlite:PATH or nats://HOST,HOST.`)
}
