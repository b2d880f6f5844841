import type { Client } from '@poll-chat/client'
import { cursorAfter, MAX_BATCH, type Message } from '@poll-chat/protocol'
import { t } from '../messages/language.ts'
import { sanitiseText } from '../terminal/sanitise.ts'
import type { ChatStore } from './chat-store.ts'
import { type Place, placeOf, type Said } from './items.ts'
import { reasonOf } from './refusal.ts'
import { dayOf } from './times.ts'

/** Messages around one that was found far back. */
const AROUND = 30

/** Looks for words in what was said: in what is held, then in the whole history that the server has, and shows the place. */
export class Finder {
  readonly #client: Client
  readonly #room: string
  readonly #store: ChatStore
  #at: Place | undefined
  #looking: AbortController | undefined

  constructor(client: Client, room: string, store: ChatStore) {
    this.#client = client
    this.#room = room
    this.#store = store
  }

  /** Begins at the newest again, and gives up what is looked for. */
  reset(): void {
    this.#looking?.abort()
    this.#at = undefined
  }

  /** The next place further up. */
  async older(words: string): Promise<void> {
    if (words.trim() === '') return
    const { transcript } = this.#store
    const from = this.#at ? transcript.find(this.#at) : transcript.length
    const found = this.#held(words, from - 1, -1, true)
    if (found) return this.#show(found)
    this.#looking?.abort()
    const looking = new AbortController()
    this.#looking = looking
    try {
      if (!(await this.#fetchOlder(words, looking.signal)) && !looking.signal.aborted)
        this.#store.hint(t.chat.findNothing(words))
    } catch (error) {
      if (!looking.signal.aborted) this.#store.hint(reasonOf(error))
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
    const wanted = words.toLowerCase()
    for (let i = from; i >= 0 && i < this.#store.transcript.length; i += step) {
      const item = this.#store.transcript.at(i)
      if (item?.kind === 'message' && item.text.toLowerCase().includes(wanted)) return item
      if (stopsAtGap && item?.kind === 'gap' && !item.isLost) return undefined
    }
    return undefined
  }

  /** Reads the history backwards without holding it, until the words come. */
  async #fetchOlder(words: string, signal: AbortSignal): Promise<boolean> {
    const oldest = this.#oldestBefore()
    let before = oldest ? cursorAfter(oldest) : undefined
    const wanted = words.toLowerCase()
    while (before !== undefined) {
      const page = await this.#client.history(this.#room, { before, limit: MAX_BATCH, signal })
      const position = page.messages.findLastIndex(({ text }) => sanitiseText(text).toLowerCase().includes(wanted))
      const hit = page.messages[position]
      if (hit) {
        await this.#showPage(hit, page.messages.slice(position + 1, position + 1 + AROUND), signal)
        return true
      }
      const [first] = page.messages
      if (first) this.#store.hint(t.chat.finding(dayOf(Date.parse(first.at))))
      before = page.prev
    }
    return false
  }

  /** Where what is held without a gap begins, above the place that was found last. */
  #oldestBefore(): Said | undefined {
    const { transcript } = this.#store
    let oldest: Said | undefined
    for (let i = (this.#at ? transcript.find(this.#at) : transcript.length) - 1; i >= 0; i--) {
      const item = transcript.at(i)
      if (item?.kind === 'gap') break
      if (item?.kind === 'message') oldest = item
    }
    const at = this.#at && transcript.at(transcript.find(this.#at))
    return oldest ?? (at?.kind === 'message' ? at : undefined)
  }

  async #showPage(hit: Message, after: readonly Message[], signal: AbortSignal): Promise<void> {
    const page = await this.#client.history(this.#room, { before: cursorAfter(hit), limit: AROUND, signal })
    this.#store.addPage([...page.messages, hit, ...after], page.prev !== undefined)
    const { transcript } = this.#store
    const item = transcript.at(transcript.find({ epoch: transcript.epoch, index: hit.index, rank: 0 }))
    if (item?.kind === 'message') this.#show(item)
  }

  #show(item: Said): void {
    this.#at = placeOf(item)
    this.#store.show(this.#at)
  }
}
