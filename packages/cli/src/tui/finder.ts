import type { Client } from '@poll-chat/client'
import { ChatError, cursorAfter, MAX_BATCH, MAX_FOUND, type Message } from '@poll-chat/protocol'
import { t } from '../messages/language.ts'
import { sanitiseText } from '../terminal/sanitise.ts'
import type { ChatStore } from './chat-store.ts'
import { type Place, placeOf, RANK, type Said } from './items.ts'
import { reasonOf } from './refusal.ts'
import { hasTerms, termsIn } from './search-terms.ts'
import { dayOf } from './times.ts'

/** Messages that are fetched around one that was found far back, on each side. */
const AROUND = 30

/** Looks for words in what was said: in what is held, then in all that the server has, and shows the place. */
export class Finder {
  readonly #client: Client
  readonly #room: string
  readonly #store: ChatStore
  #at: Place | undefined
  /** What the server finds, newest first, as far as it was asked. */
  #hits: AsyncGenerator<Message> | undefined
  #looking = new AbortController()
  #isAsking = false

  constructor(client: Client, room: string, store: ChatStore) {
    this.#client = client
    this.#room = room
    this.#store = store
  }

  /** Begins at the newest again, and gives up what is looked for. */
  reset(): void {
    this.#looking.abort()
    this.#looking = new AbortController()
    this.#hits = undefined
    this.#isAsking = false
    this.#at = undefined
  }

  /** The next place further up. */
  async older(words: string): Promise<void> {
    if (words.trim() === '' || this.#isAsking) return
    const { transcript } = this.#store
    const from = this.#at ? transcript.find(this.#at) : transcript.length
    const found = this.#held(words, from - 1, -1, true)
    if (found) return this.#show(found)
    const { signal } = this.#looking
    this.#isAsking = true
    try {
      if (!(await this.#fetchOlder(words, signal)) && !signal.aborted) this.#store.hint(t.chat.findNothing(words))
    } catch (error) {
      if (signal.aborted) return
      this.#hits = undefined
      this.#store.hint(reasonOf(error))
    } finally {
      if (!signal.aborted) this.#isAsking = false
    }
  }

  /** The next place further down, in what is held. */
  newer(words: string): void {
    if (!this.#at || words.trim() === '') return
    const found = this.#held(words, this.#store.transcript.find(this.#at) + 1, 1, false)
    if (found) this.#show(found)
    else this.#store.hint(t.chat.findNothingNewer(words))
  }

  /** Up to a gap, if `stopsAtGap`: behind it the server knows more than what is held. */
  #held(words: string, from: number, step: number, stopsAtGap: boolean): Said | undefined {
    const terms = termsIn(words)
    for (let i = from; i >= 0 && i < this.#store.transcript.length; i += step) {
      const item = this.#store.transcript.at(i)
      if (item?.kind === 'message' && hasTerms(item.text, terms)) return item
      if (stopsAtGap && item?.kind === 'gap' && !item.isLost) return undefined
    }
    return undefined
  }

  /** Asks the server for what is before all that was looked at. */
  async #fetchOlder(words: string, signal: AbortSignal): Promise<boolean> {
    const oldest = this.#oldestLookedAt()
    if (!oldest) return false
    this.#store.hint(t.chat.finding(undefined))
    this.#hits ??= this.#older(words, oldest, signal)
    for (;;) {
      const { value: hit, done } = await this.#hits.next()
      if (done || signal.aborted) return false
      if (hit.index >= oldest.index) continue
      await this.#fetchAround(hit, signal)
      return true
    }
  }

  /** Where what is held without a gap begins, above the place that was found last. Of a lost log nothing can be asked. */
  #oldestLookedAt(): Said | undefined {
    const { transcript } = this.#store
    let oldest: Said | undefined
    for (let i = this.#at ? transcript.find(this.#at) : transcript.length - 1; i >= 0; i--) {
      const item = transcript.at(i)
      if (item?.kind === 'gap') break
      if (item?.kind === 'message') oldest = item
    }
    return oldest?.epoch === transcript.epoch ? oldest : undefined
  }

  async *#older(words: string, before: Said, signal: AbortSignal): AsyncGenerator<Message> {
    try {
      yield* this.#searched(words, signal)
    } catch (error) {
      if (!(error instanceof ChatError && CANNOT_SEARCH.has(error.code))) throw error
      yield* this.#read(words, before, signal)
    }
  }

  /** By the server's index of words. */
  async *#searched(words: string, signal: AbortSignal): AsyncGenerator<Message> {
    let before: string | undefined
    do {
      const further = before === undefined ? {} : { before }
      const page = await this.#client.search(words, { room: this.#room, limit: MAX_FOUND, signal, ...further })
      yield* page.messages
      this.#tellDay(page.messages.at(-1))
      before = page.next
    } while (before !== undefined)
  }

  /** Without an index, or for what is no word: reads the history backwards without holding it. */
  async *#read(words: string, oldest: Said, signal: AbortSignal): AsyncGenerator<Message> {
    const terms = termsIn(words)
    let before: string | undefined = cursorAfter(oldest)
    while (before !== undefined) {
      const page = await this.#client.history(this.#room, { before, limit: MAX_BATCH, signal })
      yield* page.messages.filter(({ text }) => hasTerms(sanitiseText(text), terms)).reverse()
      this.#tellDay(page.messages[0])
      before = page.prev
    }
  }

  #tellDay(message: Message | undefined): void {
    if (message) this.#store.hint(t.chat.finding(dayOf(Date.parse(message.at))))
  }

  async #fetchAround(hit: Message, signal: AbortSignal): Promise<void> {
    const cursor = cursorAfter(hit)
    const [before, after] = await Promise.all([
      this.#client.history(this.#room, { before: cursor, limit: AROUND, signal }),
      this.#client.poll(this.#room, { after: cursor, limit: AROUND, signal }),
    ])
    if (signal.aborted) return
    const { transcript } = this.#store
    this.#store.addPage([...before.messages, hit, ...after.messages], before.prev !== undefined)
    const item = transcript.at(transcript.find({ epoch: transcript.epoch, index: hit.index, rank: RANK.message }))
    if (item?.kind === 'message') this.#show(item)
  }

  #show(item: Said): void {
    this.#at = placeOf(item)
    this.#store.show(item)
  }
}

/** An engine without an index, a server without the route, and a query without a letter or digit in it. */
const CANNOT_SEARCH: ReadonlySet<string> = new Set(['not-supported', 'not-found', 'bad-request'])
