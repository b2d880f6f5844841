import type { Batch, Cursor } from '@poll-chat/protocol'
import { LOCAL } from '../limits/addresses.ts'
import { NEVER, type Timed } from './deadlines.ts'

/**
 * A place in a room from which somebody waits on, with all who wait there, in the order in which they came. A list through
 * the waiters themselves: who polls comes and goes with every message, and a set would be the larger part of that.
 */
export class Group implements Iterable<Waiter> {
  /** What tells it from the other groups of its room. */
  readonly key: string
  readonly room: string
  readonly after: Cursor
  readonly limit: number
  #first: Waiter | undefined
  #last: Waiter | undefined

  constructor(key: string, { room, after, limit }: { room: string; after: Cursor; limit: number }) {
    this.key = key
    this.room = room
    this.after = after
    this.limit = limit
  }

  /** Who has waited for longest; `undefined` if nobody waits. */
  get first(): Waiter | undefined {
    return this.#first
  }

  add(waiter: Waiter): void {
    waiter.group = this
    waiter.previous = this.#last
    waiter.next = undefined
    if (this.#last) this.#last.next = waiter
    else this.#first = waiter
    this.#last = waiter
  }

  /** One that is here. */
  remove(waiter: Waiter): void {
    const { previous, next } = waiter
    if (previous) previous.next = next
    else this.#first = next
    if (next) next.previous = previous
    else this.#last = previous
    waiter.group = undefined
    waiter.previous = undefined
    waiter.next = undefined
  }

  *[Symbol.iterator](): Iterator<Waiter> {
    for (let waiter = this.#first; waiter; waiter = waiter.next) yield waiter
  }
}

/**
 * Somebody who waits for what comes after a cursor. One that the hub was asked for is answered or failed exactly once,
 * or forgotten by `hub.forget`. A subclass may be asked for again afterwards: a connection is one object for all its polls.
 */
export abstract class Waiter implements Timed {
  /** Where the hub keeps it, and who waits beside it; the hub's own, `undefined` while it does not wait. */
  group: Group | undefined
  previous: Waiter | undefined
  next: Waiter | undefined
  /** When its time is over; the hub's own. */
  dueAt = NEVER
  alarm = 0
  /** What it is answered when its time is over: nothing, or what it is held back from; the hub's own. */
  inTheEnd: Batch | undefined
  /** Whose wait it counts as. Not to be changed while it waits. */
  address: string = LOCAL

  abstract answer(batch: Batch): void
  abstract fail(error: unknown): void
}

/** A waiter that is a promise. */
export class PromisedWaiter extends Waiter {
  readonly #parked = Promise.withResolvers<Batch>()

  get promise(): Promise<Batch> {
    return this.#parked.promise
  }

  override answer(batch: Batch): void {
    this.#parked.resolve(batch)
  }

  override fail(error: unknown): void {
    this.#parked.reject(error)
  }
}
