/**
 * One room as it is shown: its lines in order, and what of them is unread.
 * Invariant: a message is in it once, and lines are in index order within an epoch. A log that was replaced begins a new
 * epoch: its indexes start again.
 */

import { type Batch, cursorAfter, type Message, parseCursor, type ResetReason } from '@poll-chat/protocol'
import { computed, signal } from '@preact/signals'
import { isMentioned } from './mentions.ts'
import { People } from './people.ts'
import { isPrivate, titleOf } from './private-rooms.ts'
import { remember, remembered } from './storage.ts'

export type MessageLine = { type: 'message'; key: string; message: Message; own: boolean; mentionsMe: boolean }
export type GapLine = { type: 'gap'; key: string; reason: ResetReason }
export type Line = MessageLine | GapLine

/** Lines kept while nobody looks further up. Older ones are fetched again when somebody does. */
export const KEPT_LINES = 400

export class Room {
  /** What it is called on this device; `title` is the name that people see. */
  readonly name: string
  readonly title: string
  readonly isPrivate: boolean
  readonly lines = signal<readonly Line[]>([])
  /** Whether there is more before the first line. */
  readonly hasOlder = signal(false)
  /** Whether there was more before what the server keeps. */
  readonly isTrimmed = signal(false)
  /** Whether its first page has come. */
  readonly isLoaded = signal(false)
  readonly unread = computed(() => this.#unreadLines().length)
  readonly mentions = computed(() => this.#unreadLines().filter((line) => line.mentionsMe).length)
  /** Key of the line above which "new" stands; it stays there while the room is open. */
  readonly firstUnread = signal<string | undefined>(undefined)
  readonly draft = signal('')
  readonly people = new People()
  /** Why the server lets one follow it no further. */
  readonly refusal = signal<string | undefined>(undefined)
  /** The cursor after the newest message that came. */
  next: string | undefined
  readonly #uid: string
  readonly #readIndex = signal(0)
  #epoch = 0
  #indexes = new Set<number>()

  constructor(name: string, uid: string) {
    this.name = name
    this.title = titleOf(name)
    this.isPrivate = isPrivate(name)
    this.#uid = uid
    this.#readIndex.value = indexOf(remembered(this.#key('read')))
    const draft = remembered(this.#key('draft'))
    if (typeof draft === 'string') this.draft.value = draft
  }

  /** The newest page. Without a place that was read before, all that is there counts as read. */
  begin(page: Batch): void {
    this.add(page.messages)
    this.hasOlder.value = page.prev !== undefined
    this.isTrimmed.value = page.trimmed === true
    this.next ??= page.next
    if (this.#readIndex.value === 0) this.#moveRead(indexOf(page.next))
    this.isLoaded.value = true
  }

  /** Messages that came, in whatever way; those that are here already change only what they say. */
  add(messages: readonly Message[]): void {
    const fresh = messages.filter(({ index }) => !this.#indexes.has(index))
    const changed = new Map(
      messages.filter(({ index }) => this.#indexes.has(index)).map((message) => [this.#keyOf(message), message]),
    )
    if (fresh.length === 0 && changed.size === 0) return
    for (const { index } of fresh) this.#indexes.add(index)
    const lines = this.lines.value.map((line) => {
      const message = changed.get(line.key)
      return message ? this.#lineOf(message) : line
    })
    this.lines.value = this.#merge(
      lines,
      fresh.map((message) => this.#lineOf(message)),
    )
  }

  /** What came after a cursor, as it happens. Returns what is new in it. */
  take(batch: Pick<Batch, 'messages' | 'next'>): Message[] {
    const fresh = batch.messages.filter(({ index }) => !this.#indexes.has(index))
    this.add(batch.messages)
    if (indexOf(batch.next) >= indexOf(this.next)) this.next = batch.next
    return fresh
  }

  addOlder(page: Batch): void {
    const fresh = page.messages.filter(({ index }) => !this.#indexes.has(index))
    for (const { index } of fresh) this.#indexes.add(index)
    this.lines.value = [...fresh.map((message) => this.#lineOf(message)), ...this.lines.value]
    this.hasOlder.value = page.prev !== undefined
    this.isTrimmed.value = page.trimmed === true
  }

  /** The operator has deleted these. */
  erase(indexes: readonly number[]): void {
    if (indexes.length === 0) return
    this.lines.value = this.lines.value.map((line) => {
      if (line.type !== 'message' || !indexes.includes(line.message.index)) return line
      // Of an epoch before, the index is another message's.
      return line.key === this.#keyOf(line.message) ? this.#lineOf({ ...line.message, text: '', deleted: true }) : line
    })
  }

  /** The log cannot go on from where the room stands. */
  reset(reason: ResetReason, oldest: string): void {
    const gap: GapLine = { type: 'gap', key: `gap ${this.#epoch} ${this.lines.value.length}`, reason }
    if (reason !== 'trimmed') {
      this.#epoch++
      this.#indexes = new Set()
      this.#readIndex.value = 0
      this.hasOlder.value = false
    }
    this.next = oldest
    this.lines.value = [...this.lines.value, gap]
  }

  /** The cursor before which older messages are asked for. */
  get before(): string | undefined {
    const oldest = this.lines.value.find((line) => line.type === 'message')
    return oldest && cursorAfter(oldest.message)
  }

  /** The reader opened the room: "new" stands above what is unread now. */
  open(): void {
    this.firstUnread.value = this.#unreadLines()[0]?.key
  }

  /** The reader sees the end of the room. */
  markRead(): void {
    const newest = this.lines.value.findLast((line) => line.type === 'message')
    if (newest) this.#moveRead(newest.message.index)
  }

  /** Another tab has read further. */
  syncRead(): void {
    this.#readIndex.value = Math.max(this.#readIndex.value, indexOf(remembered(this.#key('read'))))
  }

  keepDraft(text: string): void {
    this.draft.value = text
    remember(this.#key('draft'), text)
  }

  /** Drops the oldest of many lines, when their reader is at the end. */
  trim(): void {
    const { value } = this.lines
    if (value.length <= 2 * KEPT_LINES) return
    for (const line of value.slice(0, -KEPT_LINES))
      if (line.type === 'message') this.#indexes.delete(line.message.index)
    this.lines.value = value.slice(-KEPT_LINES)
    this.hasOlder.value = true
  }

  #moveRead(index: number): void {
    if (index <= this.#readIndex.value) return
    this.#readIndex.value = index
    remember(this.#key('read'), `${index}`)
  }

  #unreadLines(): MessageLine[] {
    const read = this.#readIndex.value
    const unread: MessageLine[] = []
    for (const line of this.lines.value.toReversed()) {
      if (line.type !== 'message' || line.message.index <= read) break
      if (!line.own) unread.push(line)
    }
    return unread.reverse()
  }

  /** What was sent from here may come before what others sent a moment earlier. */
  #merge(lines: Line[], fresh: MessageLine[]): Line[] {
    const gap = lines.findLastIndex((line) => line.type === 'gap')
    const since = lines.slice(gap + 1).filter((line) => line.type === 'message')
    const sorted = [...since, ...fresh].sort((a, b) => a.message.index - b.message.index)
    return [...lines.slice(0, gap + 1), ...sorted]
  }

  #lineOf(message: Message): MessageLine {
    const own = message.from.uid === this.#uid
    const mentionsMe = !own && isMentioned(this.#uid, message.text)
    return { type: 'message', key: this.#keyOf(message), message, own, mentionsMe }
  }

  #keyOf({ index }: Message): string {
    return `${this.#epoch} ${index}`
  }

  #key(what: 'read' | 'draft'): string {
    return `${what}.${this.name}`
  }
}

function indexOf(cursor: unknown): number {
  return typeof cursor === 'string' ? (parseCursor(cursor)?.index ?? 0) : 0
}
