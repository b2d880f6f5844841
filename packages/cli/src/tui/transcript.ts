import type { Message } from '@poll-chat/protocol'
import { sanitiseLine, sanitiseText } from '../terminal/sanitise.ts'

/** Most items held; older ones are dropped from the top. */
export const MAX_ITEMS = 10_000

/**
 * One entry of the transcript, already sanitised and never changed: what was laid out for it can be kept.
 * `at` is in milliseconds of `Date.now()`.
 */
export type Item = { key: string; at: number } & (
  | { kind: 'message'; uid: string; text: string; own: boolean }
  /** An own message that the server has not acknowledged: on its way, or refused. */
  | { kind: 'local'; uid: string; text: string; state: 'pending' | 'failed'; reason?: string }
  | { kind: 'notice'; text: string }
  /** Stands between what was read and what was not. */
  | { kind: 'unread' }
)

/**
 * Where an item stands. `epoch` counts the histories of the log: after a reset its indices begin again.
 * Of the same index, the unread line (rank -1) is before the message (0), notices (1, by their number) are after it.
 */
type Place = { epoch: number; index: number; rank: number; number: number }
type Placed = { item: Item; place: Place; message?: { index: number; id: string } }

/**
 * The conversation in order: messages by index, each once, with the notices that came between them, and last the own
 * messages that are still to be acknowledged.
 */
export class Transcript {
  readonly #uid: string
  #placed: Placed[] = []
  #locals: Extract<Item, { kind: 'local' }>[] = []
  #ids = new Set<string>()
  #indices = new Set<string>()
  #isInOrder = true
  #epoch = 0
  #notices = 0
  #items: readonly Item[] | undefined

  constructor(uid: string) {
    this.#uid = uid
  }

  get items(): readonly Item[] {
    this.#items ??= [...this.#placed.map(({ item }) => item), ...this.#locals]
    return this.#items
  }

  /** Places messages, whatever order they come in; those that it has are skipped. Returns how many were new. */
  add(messages: readonly Message[]): number {
    let added = 0
    for (const message of messages) {
      this.settle(message.id)
      const slot = `${this.#epoch}:${message.index}`
      if (this.#ids.has(message.id) || this.#indices.has(slot)) continue
      this.#ids.add(message.id)
      this.#indices.add(slot)
      this.#insert({
        item: {
          kind: 'message',
          key: `${this.#epoch}:${message.id}`,
          at: Date.parse(message.at),
          uid: sanitiseLine(message.from.uid),
          text: sanitiseText(message.text),
          own: message.from.uid === this.#uid,
        },
        place: { epoch: this.#epoch, index: message.index, rank: 0, number: 0 },
        message,
      })
      added++
    }
    if (added > 0) this.#tidy()
    return added
  }

  /** Puts the line between read and unread before the message with this index. */
  markUnread(index: number, at: number): void {
    this.#insert({
      item: { kind: 'unread', key: 'unread', at },
      place: { epoch: this.#epoch, index, rank: -1, number: 0 },
    })
    this.#tidy()
  }

  /** Says something after the newest message. */
  notice(text: string): void {
    const last = this.#placed.at(-1)?.place
    const number = ++this.#notices
    this.#insert({
      item: { kind: 'notice', key: `notice-${number}`, at: Date.now(), text: sanitiseText(text) },
      place: { epoch: this.#epoch, index: last?.epoch === this.#epoch ? last.index : 0, rank: 1, number },
    })
    this.#tidy()
  }

  /** The log began another history: what comes now stands after all that was here, though its indices are lower. */
  beginEpoch(): void {
    this.#epoch++
  }

  /** The oldest message of this history: what is older is before it. */
  oldest(): { index: number; id: string } | undefined {
    return this.#placed.find(({ place, message }) => place.epoch === this.#epoch && message !== undefined)?.message
  }

  /** Shows an own message as on its way, or as refused; the one that had this id is replaced. */
  putLocal(id: string, text: string, reason?: string): void {
    const before = this.#locals.find((local) => local.key === id)
    const shown = {
      kind: 'local' as const,
      key: id,
      at: before?.at ?? Date.now(),
      uid: sanitiseLine(this.#uid),
      text: sanitiseText(text),
    }
    const local =
      reason === undefined
        ? { ...shown, state: 'pending' as const }
        : { ...shown, state: 'failed' as const, reason: sanitiseLine(reason) }
    if (before) this.#locals = this.#locals.map((other) => (other === before ? local : other))
    else this.#locals.push(local)
    this.#items = undefined
  }

  /** Takes an own message away that was acknowledged or given up. */
  settle(id: string): void {
    if (this.#locals.length === 0) return
    this.#locals = this.#locals.filter((local) => local.key !== id)
    this.#items = undefined
  }

  #insert(placed: Placed): void {
    const last = this.#placed.at(-1)
    if (last && comparePlaces(last.place, placed.place) > 0) this.#isInOrder = false
    this.#placed.push(placed)
    this.#items = undefined
  }

  #tidy(): void {
    if (!this.#isInOrder) this.#placed.sort((a, b) => comparePlaces(a.place, b.place))
    this.#isInOrder = true
    if (this.#placed.length <= MAX_ITEMS) return
    for (const { message, place } of this.#placed.splice(0, this.#placed.length - MAX_ITEMS)) {
      if (!message) continue
      this.#ids.delete(message.id)
      this.#indices.delete(`${place.epoch}:${message.index}`)
    }
  }
}

function comparePlaces(a: Place, b: Place): number {
  return a.epoch - b.epoch || a.index - b.index || a.rank - b.rank || a.number - b.number
}
