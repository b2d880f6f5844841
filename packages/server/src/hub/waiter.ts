import type { Batch, Cursor } from '@poll-chat/protocol'

/** A place in a room from which somebody waits on, as a group with all others there. */
export type Group = {
  /** What tells it from the other groups of its room. */
  readonly key: string
  readonly room: string
  readonly after: Cursor
  readonly limit: number
  readonly waiters: Set<Waiter>
}

/**
 * Somebody who waits for what comes after a cursor. One that the hub was asked for is answered or failed exactly once,
 * or forgotten by `hub.forget`. A subclass may be asked for again afterwards: a connection is one object for all its polls.
 */
export abstract class Waiter {
  /** Where the hub keeps it; the hub's own, `undefined` while it does not wait. */
  group: Group | undefined
  /** When its time is over; the hub's own. */
  tick = 0
  /** What it is answered when its time is over: nothing, or what it is held back from; the hub's own. */
  inTheEnd: Batch | undefined

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
