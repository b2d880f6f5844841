import type { MessagePort } from 'node:worker_threads'
import type { Engine } from '../log/contract.ts'
import { StartError } from '../log/start-error.ts'
import { withTail } from '../log/tail.ts'
import { openMemory } from './memory.ts'
import { openShared, openSqlite } from './sqlite.ts'

/**
 * Opens the engine that a URL names: `memory:` or `sqlite:PATH`.
 * @throws StartError when there is no such engine, or it cannot be opened
 */
export async function openEngine(url: string): Promise<Engine> {
  const engine = await openByScheme(url)
  return { ...engine, log: withTail(engine.log) }
}

/** Opens the engine that another thread has opened, through the port that its `share` gave. */
export function openSharedEngine(port: MessagePort): Engine {
  const engine = openShared(port)
  return { ...engine, log: withTail(engine.log) }
}

function openByScheme(url: string): Engine | Promise<Engine> {
  if (url === 'memory:') return openMemory()
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length) return openSqlite(url.slice('sqlite:'.length))
  throw new StartError(`There is no engine "${url}". Use memory: or sqlite:PATH.`)
}
