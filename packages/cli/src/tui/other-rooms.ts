import type { Client } from '@poll-chat/client'
import { cursorAfter, type Message } from '@poll-chat/protocol'
import { shownRoom } from '../room-keys.ts'
import { sanitiseLine, sanitiseText } from '../terminal/sanitise.ts'
import { Mentions } from './mentions.ts'
import { isRefusal } from './refusal.ts'

/** A room that is not on the screen: what has come there since it was. */
export type Unread = { room: string; count: number; mentions: number }

/** Rooms that are followed beside the one on the screen; more than anybody keeps in mind. */
export const MAX_OTHERS = 40

/** Pause before the rooms are asked for again after a refusal of all, in milliseconds. */
const AGAIN_MS = 10_000

export type OtherRoomsOptions = {
  client: Client
  uid: string
  onChange: (unread: readonly Unread[]) => void
  onSaid: (room: string, uid: string, text: string, mentions: boolean) => void
}

/** Counts what comes in the rooms that are not on the screen, all followed by one request. */
export class OtherRooms {
  readonly #options: OtherRoomsOptions
  readonly #mentions: Mentions
  #rooms = new Map<string, Unread & { cursor: string | undefined }>()
  #round = new AbortController()

  constructor(options: OtherRoomsOptions) {
    this.#options = options
    this.#mentions = new Mentions(options.uid)
  }

  get unread(): readonly Unread[] {
    return [...this.#rooms.values()]
  }

  /** @param cursor up to where the room was read. @default the head at the time */
  add(room: string, cursor?: string): void {
    this.#rooms.delete(room)
    this.#rooms.set(room, { room: shownRoom(sanitiseLine(room)), count: 0, mentions: 0, cursor })
    for (const oldest of this.#rooms.keys()) {
      if (this.#rooms.size <= MAX_OTHERS) break
      this.#rooms.delete(oldest)
    }
    this.#changed()
  }

  remove(room: string): void {
    if (this.#rooms.delete(room)) this.#changed()
  }

  /** The room to look at next: where somebody was mentioned, then where most was said. */
  next(): string | undefined {
    const waiting = [...this.#rooms].filter(([, { count }]) => count > 0)
    waiting.sort(([, a], [, b]) => b.mentions - a.mentions || b.count - a.count)
    return waiting[0]?.[0]
  }

  /** Follows until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#round = new AbortController()
      const both = AbortSignal.any([signal, this.#round.signal])
      if (this.#rooms.size === 0) await aborted(both)
      else await this.#follow(both)
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const rooms = new Map([...this.#rooms].map(([room, { cursor }]) => [room, cursor]))
    try {
      for await (const event of this.#options.client.followRooms({ rooms, signal })) {
        if (event.type === 'batch') this.#came(event.room, event.batch.messages, event.batch.next)
        if (event.type === 'refused') this.#rooms.delete(event.room)
        if (event.type !== 'status') this.#options.onChange(this.unread)
      }
    } catch (error) {
      if (signal.aborted) return
      if (!isRefusal(error)) throw error
      await Promise.race([aborted(signal), new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref())])
    }
  }

  #came(room: string, messages: readonly Message[], next: string): void {
    const unread = this.#rooms.get(room)
    if (!unread) return
    for (const message of messages) {
      if (message.deleted || message.from.uid === this.#options.uid) continue
      const text = sanitiseText(message.text)
      const mentions = this.#mentions.isIn(text)
      unread.count++
      if (mentions) unread.mentions++
      this.#options.onSaid(unread.room, sanitiseLine(message.from.uid), text, mentions)
    }
    const last = messages.at(-1)
    unread.cursor = next || (last && cursorAfter(last))
  }

  #changed(): void {
    this.#round.abort()
    this.#options.onChange(this.unread)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
