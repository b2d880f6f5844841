/** Whole answers as bytes: what the routes, Hono and node:http would have written, made once for all who get it. */
import { STATUS_CODES } from 'node:http'
import { type Batch, type ChatError, KEEP_ALIVE_SECONDS } from '@poll-chat/protocol'
import { batchJson } from '../log/batch.ts'
import { problemHeaders, problemJson } from '../middleware/errors.ts'
import type { AnswerHeaders } from '../middleware/headers.ts'

const JSON_TYPE = linesOf({ 'Content-Type': 'application/json' })
const KEEP_ALIVE = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_SECONDS}\r\n\r\n`
const CLOSE = 'Connection: close\r\n\r\n'

/** `close`: the connection ends with this answer. */
type Options = { close: boolean; status?: number }

/** `secondMs`: the second for which its `Date` is right. */
type Cached = { secondMs: number; bytes: Buffer }

export class Answers {
  readonly #common: string
  readonly #cache = new WeakMap<Batch, Cached>()
  /** What was given last, beside the cache: a thousand in a row are given the same. */
  #latest: (Cached & { batch: Batch }) | undefined

  /** `headers`: those of every answer. */
  constructor(headers: AnswerHeaders) {
    this.#common = linesOf(headers)
  }

  /** An answer that keeps the connection: the same bytes for all who are given this batch within a second. */
  batch(batch: Batch): Buffer {
    const secondMs = thisSecondMs()
    const latest = this.#latest
    if (latest?.batch === batch && latest.secondMs === secondMs) return latest.bytes
    const cached = this.#cache.get(batch)
    const isRight = cached?.secondMs === secondMs
    const bytes = isRight ? cached.bytes : this.json(batchJson(batch), { close: false })
    this.#latest = { batch, secondMs, bytes }
    if (!isRight) this.#cache.set(batch, { secondMs, bytes })
    return bytes
  }

  json(json: string, options: Options): Buffer {
    return this.#toBytes(JSON_TYPE, json, options)
  }

  problem(error: ChatError, { close }: Options): Buffer {
    const json = problemJson(error.toProblem())
    return this.#toBytes(linesOf(problemHeaders(error)), json, { close, status: error.status })
  }

  #toBytes(headers: string, body: string, { close, status = 200 }: Options): Buffer {
    const length = Buffer.byteLength(body)
    const date = httpDate(thisSecondMs())
    return Buffer.from(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${this.#common}${headers}Content-Length: ${length}\r\nDate: ${date}\r\n${close ? CLOSE : KEEP_ALIVE}${body}`,
    )
  }
}

function linesOf(headers: AnswerHeaders): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name.toLowerCase()}: ${value}\r\n`)
    .join('')
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
