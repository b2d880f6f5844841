/** What `--mode auto` has learned about the network to each server, in a file of the account's cache. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { KnownWays, WayMemory } from '@poll-chat/client'

/** People move between networks: what was learned is believed for a day. */
const BELIEVED_MS = 24 * 3_600_000

/** Servers that are remembered, the last ones used. */
const MAX_SERVERS = 50

type Entry = KnownWays & { at: number }

/** A file that cannot be read or written only means that nothing is remembered. */
export async function knownWays(url: string): Promise<WayMemory> {
  const { default: envPaths } = await import('env-paths')
  return waysIn(join(envPaths('poll-chat', { suffix: '' }).cache, 'ways.json'), url)
}

export function waysIn(path: string, url: string): WayMemory {
  return {
    get() {
      const entry = read(path).get(url)
      return entry && Date.now() - entry.at < BELIEVED_MS ? entry : undefined
    },
    set(known) {
      const entries = read(path)
      entries.delete(url)
      entries.set(url, { ...known, at: Date.now() })
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
        writeFileSync(path, JSON.stringify(Object.fromEntries([...entries].slice(-MAX_SERVERS))), { mode: 0o600 })
      } catch {
        // A folder that cannot be written: the next start tries everything out again.
      }
    },
  }
}

function read(path: string): Map<string, Entry> {
  try {
    const kept: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return new Map(Object.entries(kept ?? {}).filter((pair): pair is [string, Entry] => isEntry(pair[1])))
  } catch {
    return new Map() // none yet, or none that can be read
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null || !('at' in value) || typeof value.at !== 'number') return false
  const isWay = !('way' in value) || value.way === 'sse' || value.way === 'ws'
  return isWay && (!('waitSeconds' in value) || typeof value.waitSeconds === 'number')
}
