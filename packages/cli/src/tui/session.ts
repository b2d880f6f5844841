import { setTimeout as pause } from 'node:timers/promises'
import type { Client, Follow, FollowOptions } from '@poll-chat/client'
import { type Batch, CursorReset, cursorAfter, MAX_BATCH } from '@poll-chat/protocol'
import { t } from '../messages/language.ts'
import type { ChatStore } from './chat-store.ts'
import type { Gap } from './items.ts'
import type { Keep } from './keep.ts'
import type { Outbox } from './outbox.ts'
import { isRefusal, reasonOf } from './refusal.ts'

export type Mode = FollowOptions['mode']

export type SessionOptions = {
  room: string
  mode: Mode
  intervalMs: number
  last: number
  /** Asked for when the room is there. */
  notice?: () => string | undefined
}

/** Messages in one page of older history. */
const PAGE = 100

/** Pages that are fetched one after another, at most, before the reader scrolls on. */
const PAGES_AT_ONCE = 4

/** How often the place is kept on disk while messages come, in milliseconds. */
const SAVE_PLACE_MS = 5_000

/** How often the others are told that somebody types, in milliseconds. */
const TYPING_MS = 3_000

/** How long a farewell may take, in milliseconds. */
const FAREWELL_MS = 1_000

/** Longest pause between two tries to begin, in milliseconds. */
const LONGEST_PAUSE_MS = 10_000

/** Whether the server remembers by uid where somebody left off. */
function remembersPlace(mode: FollowOptions['mode']): boolean {
  return mode === 'long' || mode === 'auto'
}

/** Reads a room into the store: what came before, what was missed, then what comes. */
export class Session {
  readonly #client: Client
  readonly #store: ChatStore
  readonly #outbox: Outbox
  readonly #options: SessionOptions
  readonly #keep: Keep | undefined
  #loading = false
  #mode: Mode
  #round = new AbortController()
  /** Up to where the room was read. */
  #cursor = '0'
  #savedAt = 0
  #typedAt = Number.NEGATIVE_INFINITY
  #hasBegun = false

  /** @param keep where the place is remembered that the server does not */
  constructor(client: Client, store: ChatStore, outbox: Outbox, options: SessionOptions, keep?: Keep) {
    this.#client = client
    this.#store = store
    this.#outbox = outbox
    this.#options = options
    this.#mode = options.mode
    this.#keep = keep
  }

  /** Up to where the room was read; `undefined` before anything was. */
  get cursor(): string | undefined {
    return this.#hasBegun ? this.#cursor : undefined
  }

  /**
   * Runs until the signal aborts; run again, it goes on from there.
   * @throws ChatError when the server refuses for good
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      if (!this.#hasBegun) {
        this.#cursor = await this.#begin(signal)
        this.#hasBegun = true
        const notice = this.#options.notice?.()
        if (notice !== undefined) this.#store.notice(notice)
      }
      while (!signal.aborted) await this.#follow(signal)
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      this.#savePlace()
    }
  }

  /** Lets the others know that something is being typed; now and then is enough. */
  typed(signal: AbortSignal): void {
    const now = performance.now()
    if (now - this.#typedAt < TYPING_MS || !this.#store.isLive) return
    this.#typedAt = now
    this.#client.typing(this.#options.room, { signal }).catch(() => undefined) // nobody misses it
  }

  /** The others need not wait until it is noticed that nobody is here any more. */
  async farewell(): Promise<void> {
    if (!this.#store.isLive) return
    const signal = AbortSignal.timeout(FAREWELL_MS)
    await this.#client.leave(this.#options.room, { signal }).catch(() => undefined) // then it is noticed
  }

  /** Goes on from the same place in another mode. */
  changeMode(mode: Mode): void {
    this.#mode = mode
    this.#round.abort()
  }

  /** Until the signal aborts, or the mode is changed. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { room, intervalMs } = this.#options
    const mode = this.#mode
    this.#round = new AbortController()
    const how = remembersPlace(mode) ? ({ mode, inbox: true } as const) : ({ mode, intervalMs } as const)
    const both = AbortSignal.any([signal, this.#round.signal])
    for await (const event of this.#client.follow(room, {
      ...how,
      after: this.#cursor,
      ephemeral: true,
      signal: both,
    })) {
      if (event.type === 'batch') this.#cursor = event.batch.next
      this.#take(event)
      if (performance.now() - this.#savedAt > SAVE_PLACE_MS) this.#savePlace()
    }
  }

  /** For modes that have no place on the server, and to count what comes while another room is on the screen. */
  #savePlace(): void {
    this.#savedAt = performance.now()
    if (this.#hasBegun && this.#cursor !== '0') this.#keep?.savePlace(this.#options.room, this.#cursor)
  }

  /** Fetches what the reader has come near to: older messages, or those of a gap. */
  async load(signal: AbortSignal): Promise<void> {
    if (this.#loading) return
    this.#loading = true
    try {
      for (let page = 0; page < PAGES_AT_ONCE; page++) {
        const { wanted } = this.#store
        if (!wanted) return
        if (wanted.what === 'gap') await this.#fill(wanted.gap, wanted.side, signal)
        else await this.#loadOlder(signal)
      }
    } catch (error) {
      if (!signal.aborted) this.#store.hint(t.chat.olderNotRead(reasonOf(error)))
    } finally {
      this.#loading = false
    }
  }

  async #loadOlder(signal: AbortSignal): Promise<void> {
    const oldest = this.#store.transcript.oldest()
    if (!oldest) return
    const page = await this.#client.history(this.#options.room, { before: cursorAfter(oldest), limit: PAGE, signal })
    this.#store.addOlder(page.messages, page.prev !== undefined)
  }

  async #fill(gap: Gap, side: 'above' | 'below', signal: AbortSignal): Promise<void> {
    const { room } = this.#options
    const end = this.#store.transcript.afterGap(gap)
    if (side === 'below' && end) {
      const page = await this.#client.history(room, { before: cursorAfter(end), limit: PAGE, signal })
      const reached = page.prev === undefined || page.messages.some(({ index }) => index <= gap.index)
      return this.#store.fill(gap, page.messages, side, reached)
    }
    const after = gap.id === '' ? '0' : cursorAfter(gap)
    const page = await this.#client.poll(room, { after, limit: PAGE, signal })
    const last = page.messages.at(-1)
    this.#store.fill(gap, page.messages, 'above', !last || (end !== undefined && last.index >= end.index))
  }

  /** Reads the first screen. Returns the cursor to follow from. Nobody waits at a prompt here, so it tries for ever. */
  async #begin(signal: AbortSignal): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      try {
        const began = performance.now()
        const after = await (remembersPlace(this.#options.mode) ? this.#beginInbox(signal) : this.#beginNewest(signal))
        this.#store.connection({ state: 'live', latencyMs: Math.round((performance.now() - began) / 2) })
        this.#outbox.wake()
        return after
      } catch (error) {
        if (signal.aborted || isRefusal(error)) throw error
        const pauseMs = Math.min(LONGEST_PAUSE_MS, 500 * 2 ** attempt) * (0.75 + Math.random() / 2)
        this.#store.connection({
          state: 'reconnecting',
          retryAt: Date.now() + pauseMs,
          attempt,
          reason: reasonOf(error),
        })
        await pause(pauseMs, undefined, { signal })
      }
    }
  }

  /** Where alice left off: what she has read, a line, and what she has not. */
  async #beginInbox(signal: AbortSignal): Promise<string> {
    const { room } = this.#options
    return this.#showFrom(await this.#client.inbox(room, { signal }), signal)
  }

  /** What was read, a line, and what was not. */
  async #showFrom(unread: Batch, signal: AbortSignal): Promise<string> {
    const { room, last } = this.#options
    const first = unread.messages[0]
    const read = await this.#client.history(room, { ...(first && { before: cursorAfter(first) }), limit: last, signal })
    this.#show(read)
    // What was sent from here a moment ago may be in it.
    const news = unread.messages.find(({ from }) => from.uid !== this.#store.where.uid)
    if (news) this.#store.transcript.markUnread(news.index, Date.parse(news.at))
    this.#store.add(unread.messages, false)
    return unread.next
  }

  async #beginNewest(signal: AbortSignal): Promise<string> {
    const { room, last } = this.#options
    const place = this.#keep?.place(room)
    if (place !== undefined) {
      try {
        return await this.#showFrom(await this.#client.poll(room, { after: place, limit: MAX_BATCH, signal }), signal)
      } catch (error) {
        if (!(error instanceof CursorReset)) throw error // else it is a place in a log that is gone
      }
    }
    const newest = await this.#client.history(room, { limit: last, signal })
    this.#show(newest)
    return newest.next
  }

  #show(page: Batch): void {
    this.#store.addOlder(page.messages, page.prev !== undefined)
  }

  #take(event: Follow): void {
    switch (event.type) {
      case 'batch':
        this.#store.add(event.batch.messages, true)
        this.#outbox.acknowledge(event.batch.messages)
        // What was sent is typed no more, as the others see it; the next letter is news.
        if (event.batch.messages.some(({ from }) => from.uid === this.#store.where.uid))
          this.#typedAt = Number.NEGATIVE_INFINITY
        break
      case 'status':
        this.#store.connection(event.status)
        if (event.status.state === 'live') this.#outbox.wake()
        break
      case 'presence':
        this.#store.presence(event.presence)
        break
      case 'reset':
        if (event.reason === 'trimmed') {
          this.#store.notice(t.chat.logTrimmed)
        } else {
          this.#store.transcript.beginEpoch()
          this.#store.notice(t.chat.logLost)
        }
    }
  }
}
