/** Whole answers as bytes: what the routes, Hono and node:http would have written, made once for all who get it. */
import { type Batch, KEEP_ALIVE_SECONDS } from '@poll-chat/protocol'
import { batchJson } from '../log/batch.ts'
import { COMMON_HEADERS } from '../middleware/headers.ts'

const HEAD = [...Object.entries(COMMON_HEADERS), ['Content-Type', 'application/json']]
  .map(([name, value]) => `${name?.toLowerCase()}: ${value}\r\n`)
  .join('')

const KEEP_ALIVE = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_SECONDS}\r\n\r\n`
const CLOSE = 'Connection: close\r\n\r\n'

/** `secondMs`: the second for which its `Date` is right. */
type Cached = { secondMs: number; bytes: Buffer }

const cache = new WeakMap<Batch, Cached>()

/** An answer that keeps the connection: the same bytes for all who are given this batch within a second. */
export function batchAnswer(batch: Batch): Buffer {
  const secondMs = thisSecondMs()
  const cached = cache.get(batch)
  if (cached?.secondMs === secondMs) return cached.bytes
  const bytes = jsonAnswer(batchJson(batch), { close: false })
  cache.set(batch, { secondMs, bytes })
  return bytes
}

export function jsonAnswer(json: string, { close }: { close: boolean }): Buffer {
  const length = Buffer.byteLength(json)
  const date = httpDate(thisSecondMs())
  return Buffer.from(
    `HTTP/1.1 200 OK\r\n${HEAD}Content-Length: ${length}\r\nDate: ${date}\r\n${close ? CLOSE : KEEP_ALIVE}${json}`,
  )
}

function thisSecondMs(): number {
  const now = Date.now()
  return now - (now % 1000)
}

let date = { secondMs: 0, text: '' }

function httpDate(secondMs: number): string {
  if (date.secondMs !== secondMs) date = { secondMs, text: new Date(secondMs).toUTCString() }
  return date.text
}
