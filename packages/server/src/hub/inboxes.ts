/**
 * The place in a room that the server remembers for a uid. A position, not a queue: whatever was missed, an inbox is one
 * cursor. Invariant: a place moves only by an acknowledgement, and only forward.
 */
import { type Batch, type Cursor, CursorReset, formatCursor, parseCursor } from '@poll-chat/protocol'
import type { Log, Peers, Store } from '../log/contract.ts'
import type { Hub, NextOptions } from './hub.ts'

export type InboxName = { room: string; uid: string }

/** Whether an inbox may be opened that is not there yet. Throws if not. */
export type Admit = () => Promise<void>

export class Inboxes {
  readonly #log: Log
  readonly #store: Store
  readonly #hub: Hub
  readonly #onLostAck: (error: unknown) => void
  readonly #peers: Peers | undefined
  readonly #polls = new Map<string, { superseded: AbortController; beganAt: bigint }>()
  /** Acknowledgements on their way to the store: the next poll on their inbox reads its place behind them. */
  readonly #acknowledging = new Map<string, Promise<unknown>>()

  /** `onLostAck` hears of acknowledgements that could not be stored: their messages will come once more. */
  constructor(log: Log, store: Store, hub: Hub, onLostAck: (error: unknown) => void, peers?: Peers) {
    this.#log = log
    this.#store = store
    this.#hub = hub
    this.#onLostAck = onLostAck
    this.#peers = peers
    peers?.listen((key, beganAt) => this.#supersede(key, beganAt))
  }

  /**
   * What comes after the inbox's place, which `ack` moves forward first. An inbox that is not there yet opens at `ack`,
   * or else at the head. A poll supersedes an older one on the same inbox, which then ends with an empty batch.
   * @throws CursorReset when the log cannot honour `ack`, or the place and there is no `ack` to go on from
   */
  async next(inbox: InboxName, ack: Cursor | undefined, options: NextOptions & { admit?: Admit }): Promise<Batch> {
    const key = keyOf(inbox)
    const poll = { superseded: new AbortController(), beganAt: process.hrtime.bigint() }
    const { superseded } = poll
    this.#supersede(key, poll.beganAt)
    this.#peers?.announce(key, poll.beganAt)
    this.#polls.set(key, poll)
    try {
      await Promise.allSettled([this.#acknowledging.get(key)])
      const place = await this.#place(inbox, ack, options.admit)
      const signal = options.signal ? AbortSignal.any([options.signal, superseded.signal]) : superseded.signal
      const batch = await this.#hub.next(inbox.room, place, { ...options, signal })
      return superseded.signal.aborted && batch.messages.length === 0 ? { ...batch, superseded: true } : batch
    } finally {
      if (this.#polls.get(key) === poll) this.#polls.delete(key)
    }
  }

  /** Opens the inbox at the head; one that is there already keeps its place. */
  async open(inbox: InboxName, admit?: Admit): Promise<void> {
    await this.#place(inbox, undefined, admit)
  }

  /** Moves the place forward to a cursor that was handed out. */
  async acknowledge(inbox: InboxName, cursor: string): Promise<void> {
    const key = keyOf(inbox)
    const acknowledging = this.#place(inbox, parseCursor(cursor))
    this.#acknowledging.set(key, acknowledging)
    try {
      await acknowledging
    } finally {
      if (this.#acknowledging.get(key) === acknowledging) this.#acknowledging.delete(key)
    }
  }

  /** Ends the poll that is here, if it is the older one. */
  #supersede(key: string, beganAt: bigint): void {
    const poll = this.#polls.get(key)
    if (poll && poll.beganAt <= beganAt) poll.superseded.abort()
  }

  async #place(inbox: InboxName, ack: Cursor | undefined, admit?: Admit): Promise<Cursor> {
    const key = keyOf(inbox)
    const entry = await this.#store.get(key)
    const place = entry && parseCursor(entry.value)
    if (!entry || !place) {
      await admit?.()
      return this.#openAt(inbox, ack)
    }
    if (!ack) return place
    if (ack.index <= place.index && (await this.#isHonoured(inbox.room, place))) {
      await this.#checkOlder(inbox.room, ack)
      return place
    }
    await this.#log.read(inbox.room, ack, 1)
    this.#move(inbox, ack, entry.revision).catch(this.#onLostAck)
    return ack
  }

  async #move(inbox: InboxName, ack: Cursor, expected: number): Promise<void> {
    const moved = await this.#store.put(keyOf(inbox), formatCursor(ack), { expected })
    // Another acknowledgement was quicker; this one still counts if it is further.
    if (moved === undefined) await this.#place(inbox, ack)
  }

  /** Stored before it is answered: asked again, an inbox must not open at a later place than the first time. */
  async #openAt(inbox: InboxName, ack: Cursor | undefined): Promise<Cursor> {
    if (ack) await this.#log.read(inbox.room, ack, 1)
    const place = ack ?? (await this.#log.head(inbox.room))
    const opened = await this.#store.put(keyOf(inbox), formatCursor(place), { expected: 0 })
    return opened === undefined ? this.#place(inbox, ack) : place
  }

  /** Behind the place nothing has to be kept any more, but whoever read another history has to hear of it. */
  async #checkOlder(room: string, ack: Cursor): Promise<void> {
    try {
      await this.#log.read(room, ack, 1)
    } catch (error) {
      if (!(error instanceof CursorReset) || error.reason !== 'trimmed') throw error
    }
  }

  async #isHonoured(room: string, place: Cursor): Promise<boolean> {
    try {
      await this.#log.read(room, place, 1)
      return true
    } catch (error) {
      if (error instanceof CursorReset) return false
      throw error
    }
  }
}

/** Neither name can hold a slash. */
function keyOf({ room, uid }: InboxName): string {
  return `inbox/${room}/${uid}`
}
