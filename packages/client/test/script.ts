/** A fetch that answers from a script, in fake time: what following asks, and when, can be read off it. */
import type { Batch, Message } from '@poll-chat/protocol'
import { cursorAfter } from '@poll-chat/protocol'
import { vi } from 'vitest'
import { createClient } from '../src/index.ts'
import type { FetchLike, Follow, FollowOptions } from '../src/types.ts'

type Response = Awaited<ReturnType<FetchLike>>

/** An answer after `afterMs`, a thrown error, or none at all until the request is aborted. */
export type Step = { response: Response; afterMs?: number } | { error: Error } | 'hang'

export class Script {
  /** The question of each request, without the server's address, and when it came, in milliseconds since the start. */
  readonly asked: { question: string; at: number }[] = []
  hanging = 0
  readonly #steps: Step[]
  readonly #beganAt = performance.now()

  /** After the last step the server hangs. */
  constructor(steps: Step[]) {
    this.#steps = steps
  }

  readonly fetch: FetchLike = async (url, { signal }) => {
    this.asked.push({ question: url.replace('http://x/v1/rooms/lobby/', ''), at: performance.now() - this.#beganAt })
    const step = this.#steps.shift() ?? 'hang'
    if (step !== 'hang' && 'error' in step) throw step.error
    this.hanging++
    const gone = new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const answered = step === 'hang' ? [] : [answerAfter(step.afterMs, step.response)]
    return Promise.race([gone, ...answered]).finally(() => this.hanging--)
  }

  get questions(): string[] {
    return this.asked.map(({ question }) => question)
  }

  get times(): number[] {
    return this.asked.map(({ at }) => Math.round(at))
  }
}

async function answerAfter(afterMs: number | undefined, response: Response): Promise<Response> {
  if (afterMs !== undefined) await new Promise((resolve) => setTimeout(resolve, afterMs))
  return response
}

/** What a follower yielded, and how it ended; `undefined` while it goes on. */
export type Followed = {
  events: Follow[]
  ended?: 'aborted' | { error: unknown }
  abort: () => void
  done: Promise<void>
}

export function startFollowing(script: Script, options: FollowOptions): Followed {
  const controller = new AbortController()
  const client = createClient({ url: 'http://x', uid: 'bob', fetch: script.fetch })
  const followed: Followed = { events: [], abort: () => controller.abort(), done: Promise.resolve() }
  followed.done = (async () => {
    try {
      for await (const event of client.follow('lobby', { ...options, signal: controller.signal }))
        followed.events.push(event)
      followed.ended = 'aborted'
    } catch (error) {
      followed.ended = { error }
    }
  })()
  return followed
}

export const textsOf = ({ events }: Followed): string[] =>
  events.flatMap((event) => (event.type === 'batch' ? event.batch.messages.map(({ text }) => text) : []))

export const statesOf = ({ events }: Followed) =>
  events.flatMap((event) => (event.type === 'status' ? [event.status] : []))

export const run = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** Message number `index`, always the same one in the same history. */
export function message(index: number, history = 'a'): Message {
  const from = { uid: 'alice', verified: false }
  return {
    index,
    id: `${history}-${index}`,
    room: 'lobby',
    from,
    text: `${history}${index}`,
    at: '2026-11-22T09:00:00Z',
  }
}

export const cursorOf = (index: number, history = 'a') => (index === 0 ? '0' : cursorAfter(message(index, history)))

/** The messages `first` to `last` of a history; with `last` before `first` none, and the place is `last`. */
export function batch(first: number, last: number, extra: Partial<Batch> & { history?: string } = {}): Step {
  const { history = 'a', ...rest } = extra
  const messages = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => message(first + i, history))
  return json(200, { messages, next: cursorOf(last, history), ...rest })
}

export const after = (afterMs: number, step: Step): Step => {
  if (step === 'hang' || 'error' in step) throw new Error('only an answer can be late')
  return { ...step, afterMs }
}

export const reset = (reason = 'ahead', oldest = '0', newest = '0'): Step =>
  json(410, { code: 'cursor-reset', detail: 'Gone.', reason, oldest, newest })

export const refused = (): Step => ({ error: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) })

export function json(status: number, body: object, headers: Record<string, string> = {}): Step {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  return {
    response: {
      status,
      headers: new Headers({ 'content-type': type, ...headers }),
      text: async () => JSON.stringify(body),
    },
  }
}
