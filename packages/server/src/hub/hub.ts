/**
 * Who is waiting in which room. Wakes them when the log announces something.
 * Invariant: register, then read, then park. A message that arrives between the read and the parking finds the waiter
 * registered, so there is no moment in which it could be missed.
 */
import { type Batch, type Cursor, formatCursor, MAX_WAITERS, type Message } from '@poll-chat/protocol'
import type { Log } from '../log/contract.ts'
import { Deadlines } from './deadlines.ts'

export type NextOptions = {
  /** Messages at most. */
  limit: number
  /** How long to wait when there is nothing, in seconds. 0 answers at once. */
  waitSeconds: number
  /** Ends the wait: with an empty batch, nothing kept. */
  signal?: AbortSignal
}

type Waiter = {
  readonly room: string
  readonly after: Cursor
  readonly limit: number
  answer(batch: Batch): void
  fail(error: unknown): void
}

export class Hub {
  readonly #log: Log
  readonly #rooms = new Map<string, Set<Waiter>>()
  readonly #deadlines = new Deadlines<Waiter>((waiter) => waiter.answer(nothingAfter(waiter.after)))
  readonly #unwatch: () => void
  #announced = new Set<string>()
  #waiting = 0
  #draining = false

  constructor(log: Log) {
    this.#log = log
    this.#unwatch = log.watch((messages) => this.#announce(messages))
  }

  /** Polls that hang at this moment. */
  get waiting(): number {
    return this.#waiting
  }

  get draining(): boolean {
    return this.#draining
  }

  /**
   * What comes after a cursor: at once if there is something, else as soon as there is, else an empty batch when the
   * time is over, the signal aborts, or the hub drains. With too many waiters already, at once in any case.
   * @throws CursorReset when the log cannot honour the cursor
   */
  async next(room: string, after: Cursor, { limit, waitSeconds, signal }: NextOptions): Promise<Batch> {
    const mayWait = waitSeconds > 0 && !this.#draining && this.#waiting < MAX_WAITERS && !signal?.aborted
    if (!mayWait) return this.#log.read(room, after, limit)

    const parked = Promise.withResolvers<Batch>()
    // Nobody looks at it when the first read below ends the poll; a failure must not be left over then.
    parked.promise.catch(() => undefined)
    const waiter: Waiter = { room, after, limit, answer: parked.resolve, fail: parked.reject }
    this.#register(waiter)
    const tick = this.#deadlines.add(waiter, waitSeconds * 1000)
    const onAbort = () => waiter.answer(nothingAfter(after))
    signal?.addEventListener('abort', onAbort)
    try {
      const read = await this.#log.read(room, after, limit)
      if (read.messages.length > 0) return read
      const batch = await parked.promise
      // Empty either way, but what was read knows the cursor's check.
      return batch.messages.length > 0 ? batch : read
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#deadlines.remove(waiter, tick)
      this.#unregister(waiter)
    }
  }

  /** Lets nobody wait any more: answers all, spread evenly over a time, so that they do not all come back at once. */
  async drain(overMs: number): Promise<void> {
    this.#draining = true
    const waiters = [...this.#rooms.values()].flatMap((room) => [...room])
    const slices = Math.min(20, waiters.length)
    for (let slice = 0; slice < slices; slice++) {
      const from = Math.floor((slice * waiters.length) / slices)
      const to = Math.floor(((slice + 1) * waiters.length) / slices)
      for (const waiter of waiters.slice(from, to)) waiter.answer(nothingAfter(waiter.after))
      await new Promise((resolve) => setTimeout(resolve, overMs / slices))
    }
    this.#unwatch()
  }

  #register(waiter: Waiter): void {
    const waiters = this.#rooms.get(waiter.room)
    if (waiters) waiters.add(waiter)
    else this.#rooms.set(waiter.room, new Set([waiter]))
    this.#waiting++
  }

  #unregister(waiter: Waiter): void {
    const waiters = this.#rooms.get(waiter.room)
    waiters?.delete(waiter)
    if (waiters?.size === 0) this.#rooms.delete(waiter.room)
    this.#waiting--
  }

  /** Wakes once a turn of the event loop, however many messages arrived in it. */
  #announce(messages: readonly Message[]): void {
    if (this.#announced.size === 0) setImmediate(() => this.#wake())
    for (const { room } of messages) this.#announced.add(room)
  }

  #wake(): void {
    const rooms = this.#announced
    this.#announced = new Set()
    for (const room of rooms) {
      const waiters = this.#rooms.get(room)
      if (!waiters) continue
      const alike = Map.groupBy(waiters, ({ after, limit }) => `${formatCursor(after)} ${limit}`)
      for (const group of alike.values()) void this.#deliver(group)
    }
  }

  /** Waiters at the same cursor get the same batch, which is then serialised once. */
  async #deliver(waiters: Waiter[]): Promise<void> {
    const [first] = waiters
    if (!first) return
    try {
      const batch = await this.#log.read(first.room, first.after, first.limit)
      // Empty if what was announced is what they had read before they registered.
      if (batch.messages.length > 0) for (const waiter of waiters) waiter.answer(batch)
    } catch (error) {
      for (const waiter of waiters) waiter.fail(error)
    }
  }
}

function nothingAfter(after: Cursor): Batch {
  return { messages: [], next: formatCursor(after) }
}
