import type { Message } from '@poll-chat/protocol'
import { t } from '../messages/language.ts'
import { textOf } from '../terminal/format.ts'
import { sanitiseLine, sanitiseText } from '../terminal/sanitise.ts'
import { comparePlaces, type Gap, type Item, type Local, merge, type Place, RANK, type Said, search } from './items.ts'
import { Mentions } from './mentions.ts'

/** Most items held, and most characters of text in them (UTF-16 units). What is over it the server still has. */
export const MAX_ITEMS = 100_000
export const MAX_CHARACTERS = 32 * 1024 * 1024

/** So many of the newest items stay when room is made for somebody who reads far above them. */
const NEWEST_KEPT = 1_000

/** Room is made for so many items at a time. */
const DROPPED_AT_ONCE = 1_000

/** So many items below the upper row of what is read may be on the screen. */
const OUT_OF_SIGHT = 500

/** What an addition brought, beside one's own: the oldest, the newest, and the newest that mentions the reader. */
export type Added = {
  count: number
  mentions: number
  first: Said | undefined
  last: Said | undefined
  lastMention: Said | undefined
}

/** Somebody who has spoken, and when last, in milliseconds of `Date.now()`. */
export type Speaker = { uid: string; at: number }

/** Before the uid of a sender who did not prove to be it, as IRC has it. No uid can begin with it. */
const UNVERIFIED = '~'

/**
 * The conversation in order: messages by index, each once, with the notices that came between them, and last the own
 * messages that are still to be acknowledged. Bounded: what is dropped leaves a gap, or more that is older.
 */
export class Transcript {
  /** Whether the server has messages before the oldest that is held. */
  hasOlder = false
  readonly mentions: Mentions
  readonly #uid: string
  readonly #limits: { items: number; characters: number }
  #items: Item[] = []
  #locals: Local[] = []
  #ids = new Set<string>()
  /** Each sender once: the name as it is shown, and the newest message. */
  #speakers = new Map<string, Speaker>()
  #characters = 0
  #unread: Place | undefined
  #epoch = 0
  #number = 0

  constructor(uid: string, limits = { items: MAX_ITEMS, characters: MAX_CHARACTERS }) {
    this.#uid = uid
    this.#limits = limits
    this.mentions = new Mentions(uid)
  }

  get length(): number {
    return this.#items.length + this.#locals.length
  }

  at(position: number): Item | undefined {
    return this.#items[position] ?? this.#locals[position - this.#items.length]
  }

  /** The position of the first item at or after a place. O(log n). */
  find(place: Place): number {
    const position = search(this.#items, place)
    return position < this.#items.length ? position : position + search(this.#locals, place)
  }

  /** Which of the log's histories messages come from now. */
  get epoch(): number {
    return this.#epoch
  }

  /** The last item that stays as it is. */
  get lastSettled(): Item | undefined {
    return this.#items.at(-1)
  }

  /** The own messages that the server has not acknowledged. */
  get locals(): readonly Local[] {
    return this.#locals
  }

  /** All of it, for tests and for searching; use `at` for what is shown. */
  get items(): readonly Item[] {
    return [...this.#items, ...this.#locals]
  }

  /** Places messages, whatever order they come in; those that it has are skipped. */
  add(messages: readonly Message[]): Added {
    const fresh: Said[] = []
    const added: Added = { count: 0, mentions: 0, first: undefined, last: undefined, lastMention: undefined }
    for (const message of messages) {
      this.settle(message.id)
      if (this.#has(message)) continue
      this.#ids.add(message.id)
      const item = this.#said(message)
      fresh.push(item)
      this.#characters += item.text.length
      added.count++
      if (item.own || item.isDeleted) continue
      if (item.mentions) {
        added.mentions++
        added.lastMention = item
      }
      added.first ??= item
      added.last = item
    }
    merge(this.#items, fresh.sort(comparePlaces))
    return added
  }

  #said(message: Message): Said {
    const { id, index, at, from, deleted = false } = message
    const own = from.uid === this.#uid
    const said = textOf(message)
    const time = Date.parse(at)
    const { uid } = this.#speaker(from.uid, time)
    return {
      kind: 'message',
      epoch: this.#epoch,
      index,
      rank: RANK.message,
      key: id,
      at: time,
      id,
      uid: from.verified ? uid : `${UNVERIFIED}${uid}`,
      text: said,
      own,
      mentions: !own && !deleted && this.mentions.isIn(said),
      isDeleted: deleted,
    }
  }

  #speaker(uid: string, at: number): Speaker {
    let speaker = this.#speakers.get(uid)
    if (!speaker) {
      speaker = { uid: sanitiseLine(uid), at }
      this.#speakers.set(uid, speaker)
    }
    if (at > speaker.at) speaker.at = at
    return speaker
  }

  /** The others who have spoken, most recent first. */
  speakers(): readonly Readonly<Speaker>[] {
    const others = [...this.#speakers].filter(([uid]) => uid !== this.#uid).map(([, speaker]) => speaker)
    return others.sort((a, b) => b.at - a.at)
  }

  #has({ id, index }: Message): boolean {
    if (this.#ids.has(id)) return true
    const place = { epoch: this.#epoch, index, rank: RANK.message }
    const found = this.#items[search(this.#items, place)]
    return found !== undefined && comparePlaces(found, place) === 0
  }

  /** The operator has deleted these: their texts are shown no more. */
  erase(indexes: readonly number[]): void {
    for (const index of indexes) {
      const place = { epoch: this.#epoch, index, rank: RANK.message }
      const position = search(this.#items, place)
      const item = this.#items[position]
      if (item?.kind !== 'message' || comparePlaces(item, place) !== 0) continue
      this.#characters += t.chat.deleted.length - item.text.length
      this.#items[position] = { ...item, text: t.chat.deleted, mentions: false, isDeleted: true }
    }
  }

  /** Puts the line between read and unread before the message with this index; there is one such line at most. */
  markUnread(index: number, at: number): void {
    const place = { epoch: this.#epoch, index, rank: RANK.unread }
    this.#items = this.#items.filter(({ kind }) => kind !== 'unread')
    merge(this.#items, [{ kind: 'unread', key: 'unread', ...place, at }])
    this.#unread = place
  }

  /** Where the line between read and unread is, or was before it was dropped. */
  get unread(): Place | undefined {
    return this.#unread
  }

  /** Says something after the newest message. */
  notice(text: string): void {
    const last = this.#items.at(-1)
    const rank = ++this.#number
    const index = last?.epoch === this.#epoch ? last.index : 0
    const said = sanitiseText(text)
    const notice = { kind: 'notice', epoch: this.#epoch, index, rank, at: Date.now(), text: said } as const
    merge(this.#items, [{ ...notice, key: `notice-${rank}` }])
  }

  /** The log began another history: what comes now stands after all that was here, though its indices are lower. */
  beginEpoch(): void {
    this.#epoch++
    this.hasOlder = false
    this.#items = this.#items.map((item) => (item.kind === 'gap' ? { ...item, isLost: true } : item))
  }

  /** The oldest message of this history: what is older is before it. */
  oldest(): Said | undefined {
    return this.#nextSaid(search(this.#items, { epoch: this.#epoch, index: 0, rank: RANK.unread }))
  }

  /** The newest message of this history. */
  newest(): Said | undefined {
    for (let i = this.#items.length - 1; i >= 0; i--) {
      const item = this.#items[i]
      if (item?.kind === 'message') return item.epoch === this.#epoch ? item : undefined
    }
    return undefined
  }

  /** A page of history that ends where what is held begins. */
  addOlder(page: readonly Message[], hasOlder: boolean): void {
    this.add(page)
    this.hasOlder = hasOlder
  }

  /** A page of history from anywhere. What may be missing between it and what is held becomes a gap. */
  addPage(page: readonly Message[], hasOlder: boolean): void {
    const [first, last] = [page[0], page.at(-1)]
    const oldest = this.oldest()
    if (!first || !last) return
    const isApart = this.#isApart(last)
    this.add(page)
    if (isApart) this.#putGap(last)
    if (!oldest || first.index < oldest.index) this.hasOlder = hasOlder
  }

  /** Whether a message is among those that are not held: older than all that is, or within a gap. */
  #isApart({ index }: Message): boolean {
    const position = search(this.#items, { epoch: this.#epoch, index, rank: RANK.message })
    const next = this.#nextSaid(position)
    if (next?.epoch !== this.#epoch || next.index === index) return false
    for (let i = position - 1; i >= 0; i--) {
      const item = this.#items[i]
      if (item?.epoch !== this.#epoch || item.kind === 'gap') return true
      if (item.kind === 'message') return false
    }
    return true
  }

  /** The message after a gap, up to which it reaches. */
  afterGap(gap: Gap): Said | undefined {
    return this.#nextSaid(search(this.#items, gap) + 1)
  }

  /**
   * Puts messages into a gap, from its upper or its lower end. `isWhole` when nothing is missing between them and the other
   * end.
   */
  fill(gap: Gap, messages: readonly Message[], side: 'above' | 'below', isWhole: boolean): void {
    this.#items = this.#items.filter((item) => item !== gap)
    this.add(messages)
    const last = messages.at(-1)
    if (!isWhole) this.#putGap(side === 'above' && last ? last : gap)
  }

  #putGap({ index, id }: { index: number; id: string }): void {
    const place = { epoch: this.#epoch, index, rank: RANK.gap }
    const position = search(this.#items, place)
    const at = this.#items[position - 1]?.at ?? 0
    merge(this.#items, [{ kind: 'gap', ...place, key: `gap-${index}`, id, at, isLost: false }])
  }

  #nextSaid(from: number): Said | undefined {
    for (let i = from; i < this.#items.length; i++) {
      const item = this.#items[i]
      if (item?.kind === 'message') return item
    }
    return undefined
  }

  /**
   * Makes room when there is too much. Goes from the top, unless somebody reads there: then from between them and the
   * newest. So nothing that is read goes away.
   */
  trim(reader?: Place): void {
    while (this.#items.length > this.#limits.items || this.#characters > this.#limits.characters) {
      const spare = Math.min(DROPPED_AT_ONCE, Math.floor(this.#items.length / 10))
      if (spare === 0) return
      const position = reader ? search(this.#items, reader) : this.#items.length
      if (position > this.#items.length / 2) this.#drop(0, spare)
      else this.#dropBelow(position, spare)
    }
  }

  /** Extends a gap below the reader if there is one out of sight, so that there are never many. */
  #dropBelow(position: number, spare: number): void {
    const gap = this.#items.findIndex((item, i) => i > position + OUT_OF_SIGHT && item.kind === 'gap' && !item.isLost)
    const end = this.#items.length - Math.min(NEWEST_KEPT, Math.floor(this.#items.length / 10))
    if (gap !== -1 && gap + 1 + spare <= end) return this.#drop(gap + 1, spare)
    const begin = (gap === -1 ? end : gap) - spare
    const { index, id } = this.#saidBefore(begin)
    this.#drop(begin, gap === -1 ? spare : spare + 1)
    this.#putGap({ index, id })
  }

  #saidBefore(position: number): { index: number; id: string } {
    for (let i = position - 1; i >= 0; i--) {
      const item = this.#items[i]
      if (item?.kind === 'message') return item
    }
    return { index: 0, id: '' }
  }

  #drop(from: number, count: number): void {
    if (from === 0) this.hasOlder = true
    for (const item of this.#items.splice(from, count)) {
      if (item.kind !== 'message') continue
      this.#ids.delete(item.id)
      this.#characters -= item.text.length
    }
  }

  /** Shows an own message as on its way, or as refused; the one that had this id is replaced. */
  putLocal(id: string, text: string, reason?: string): void {
    const before = this.#locals.find((local) => local.key === id)
    const place = before ?? { epoch: Number.POSITIVE_INFINITY, index: 0, rank: ++this.#number, at: Date.now() }
    const shown = {
      kind: 'local' as const,
      epoch: place.epoch,
      index: place.index,
      rank: place.rank,
      key: id,
      at: place.at,
      uid: sanitiseLine(this.#uid),
      text: sanitiseText(text),
    }
    const local: Local =
      reason === undefined
        ? { ...shown, state: 'pending' }
        : { ...shown, state: 'failed', reason: sanitiseLine(reason) }
    if (before) this.#locals = this.#locals.map((other) => (other === before ? local : other))
    else this.#locals.push(local)
  }

  /** Takes an own message away that was acknowledged or given up. */
  settle(id: string): void {
    if (this.#locals.length > 0) this.#locals = this.#locals.filter((local) => local.key !== id)
  }
}
