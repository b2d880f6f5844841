import type { Message, PresenceNews } from '@poll-chat/protocol'
import { t } from '../messages/language.ts'
import { sanitiseLine } from '../terminal/sanitise.ts'
import { type EditAction, type Editor, EMPTY_EDITOR, edit } from './editor.ts'
import { Frames } from './frames.ts'
import { History } from './history.ts'
import { ItemLayout, type Line, type Times } from './item-lines.ts'
import { type Gap, type Place, placeOf, type Said } from './items.ts'
import type { Keep } from './keep.ts'
import { Link } from './link.ts'
import { Words } from './mentions.ts'
import type { Unread } from './other-rooms.ts'
import type { Panel } from './panel.ts'
import { People } from './people.ts'
import { termsIn } from './search-terms.ts'
import type { StoreOptions } from './store-options.ts'
import type { Theme } from './theme.ts'
import { dateTimeOf } from './times.ts'
import { Transcript } from './transcript.ts'
import { type Connection, composeView, type Missed, type Size, type View, type Where } from './view.ts'
import { type Anchor, Viewport } from './viewport.ts'

/** How long after a change what is half typed is kept on disk, in milliseconds. */
const SAVE_MS = 400

/** Older messages are asked for when so few items are left above the reader. */
const PREFETCH_ITEMS = 50

export type Scroll = { by: 'rows' | 'pages'; count: number } | { to: 'start' | 'end' | 'unread' }

/** What the reader has come near to and the server should be asked for. */
export type Wanted = { what: 'older' } | { what: 'gap'; gap: Gap; side: 'above' | 'below' }

const NONE_MISSED: Missed = { count: 0, mentions: 0 }

/**
 * All that the screen shows, outside of React: keys that come in one read must each see what the one before did.
 * `view()` is the snapshot for React; it is the same object until something changed.
 */
export class ChatStore {
  readonly transcript: Transcript
  readonly history: History
  #where: Where
  readonly #keep: Keep | undefined
  readonly #onTyped: (() => void) | undefined
  readonly #onSaid: ((item: Said) => void) | undefined
  readonly #isInline: boolean
  readonly #frames: Frames
  #theme: Theme
  #times: Times = 'time'
  #size: Size
  #editor: Editor = EMPTY_EDITOR
  #anchor: Anchor | undefined
  readonly #link = new Link(() => this.publish())
  readonly #people: People
  #hint: string | undefined
  /** Where to the reader scrolled last. */
  #isGoingUp = false
  /** What came while the reader was further up, or looked at another window. */
  #missed = NONE_MISSED
  /** Unknown until the terminal tells. */
  #hasFocus: boolean | undefined
  #isHidden = false
  #hasReturned = false
  #others: readonly Unread[] = []
  #layout: ItemLayout
  #view: View | undefined
  #panel: Panel | undefined
  #floor: Place | undefined
  /** The message that was looked for. */
  #found: string | undefined
  #draft: NodeJS.Timeout | undefined
  #taken: Place | undefined
  #listeners = new Set<() => void>()

  constructor({ where, size, theme, isInline = false, keep, isBusy = () => false, onSaid, onTyped }: StoreOptions) {
    this.#where = {
      ...where,
      room: sanitiseLine(where.room),
      uid: sanitiseLine(where.uid),
      host: sanitiseLine(where.host),
    }
    this.transcript = new Transcript(where.uid)
    this.#people = new People(where.uid)
    this.#size = size
    this.#theme = theme
    this.history = new History(keep)
    this.#editor = edit(EMPTY_EDITOR, { type: 'replace', text: keep?.draft(where.room) ?? '' })
    this.#keep = keep
    this.#onSaid = onSaid
    this.#onTyped = onTyped
    this.#isInline = isInline
    const draw = () => {
      this.#view = undefined
      for (const listener of this.#listeners) listener()
    }
    this.#frames = new Frames(draw, isBusy)
    this.#layout = this.#newLayout()
  }

  get where(): Where {
    return this.#where
  }

  changeMode(mode: Where['mode']): void {
    this.#where = { ...this.#where, mode }
    this.publish()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly view = (): View => {
    this.#view ??= composeView({
      where: this.#where,
      size: this.#size,
      items: this.transcript,
      isInline: this.#isInline,
      layout: this.#layout,
      theme: this.#theme,
      editor: this.#editor,
      panel: this.#panel,
      anchor: this.#anchor,
      floor: this.#floor,
      connection: this.#link.connection,
      lostAt: this.#link.lostAt,
      returned: this.#link.returned,
      hint: this.#hint,
      others: this.#others,
      people: this.#people,
      missed: this.#anchor ? this.#missed : NONE_MISSED,
      now: Date.now(),
    })
    return this.#view
  }

  get editor(): Editor {
    return this.#editor
  }

  get isLive(): boolean {
    return this.#link.connection.state === 'live'
  }

  edit(action: EditAction): void {
    this.#editor = edit(this.#editor, action)
    this.#hint = undefined
    this.#link.returned = undefined
    if (action.type === 'insert' && !this.#editor.text.startsWith('/')) this.#onTyped?.()
    if (this.#keep) this.#draft ??= setTimeout(() => this.saveDraft(), SAVE_MS)
    this.publish()
  }

  /** Keeps what is half typed, so that a crash costs a word at most. */
  saveDraft(): void {
    clearTimeout(this.#draft)
    this.#draft = undefined
    this.#keep?.saveDraft(this.where.room, this.#editor.text)
  }

  /** What has the keys instead of the box. */
  get panel(): Panel | undefined {
    return this.#panel
  }

  open(panel: Panel | undefined): void {
    const words = panel?.type === 'find' ? panel.words : ''
    const before = this.#panel?.type === 'find' ? this.#panel.words : ''
    this.#panel = panel
    this.#hint = undefined
    if (panel?.type !== 'find') this.#found = undefined
    if (words !== before) this.#layout = this.#newLayout()
    this.publish()
  }

  /** One line above the box, until the next change in the box. */
  hint(text: string): void {
    this.#hint = sanitiseLine(text)
    this.publish()
  }

  /** Messages that came in, live or from history. */
  add(messages: readonly Message[], live: boolean): void {
    const { count, mentions, first, lastMention, last } = this.transcript.add(messages)
    if (live) {
      const news = lastMention ?? last
      if (news && this.#hasFocus !== true) this.#onSaid?.(news)
      this.#frames.arrived(count)
      this.#link.came(count)
    }
    if (live && first && (!this.#isReading || this.#hasReturned)) {
      if (this.#missed.count === 0 || this.#hasReturned) this.transcript.markUnread(first.index, first.at)
      this.#missed = { count: this.#missed.count + count, mentions: this.#missed.mentions + mentions }
    }
    if (live) this.#hasReturned = false
    if (this.#isReading) this.#missed = NONE_MISSED
    this.transcript.trim(this.#anchor)
    this.publishSoon()
  }

  /**
   * The server has taken an own message. Where rows cannot be put in between later, it waits for its turn among the others,
   * which the following brings.
   */
  acknowledged(message: Message): void {
    if (!this.#isInline) this.add([message], false)
  }

  /** A page of history that ends where what is held begins. */
  addOlder(messages: readonly Message[], hasOlder: boolean): void {
    this.transcript.addOlder(messages, hasOlder)
    this.transcript.trim(this.#anchor)
    this.publishSoon()
  }

  /** A page of history that somebody asked for, wherever it is. */
  addPage(messages: readonly Message[], hasOlder: boolean): void {
    this.transcript.addPage(messages, hasOlder)
    this.transcript.trim(this.#anchor)
    this.publish()
  }

  notice(text: string): void {
    this.transcript.notice(text)
    this.publishSoon()
  }

  connection(connection: Connection): void {
    if (connection.state === 'reconnecting') this.#people.forget()
    this.#link.take(connection)
    this.publishSoon()
  }

  scroll(scroll: Scroll): void {
    if (this.#isInline) return // the terminal does
    const { viewport, height } = this.view()
    this.#isGoingUp = 'by' in scroll ? scroll.count < 0 : scroll.to === 'unread'
    if ('by' in scroll) {
      const page = Math.max(1, height - 1)
      this.#moveTo(viewport.scroll(this.#anchor, scroll.count * (scroll.by === 'pages' ? page : 1)))
    } else if (scroll.to === 'unread') {
      const { unread } = this.transcript
      if (unread) this.#moveTo(viewport.around(unread))
      else this.hint(t.chat.nothingUnread)
    } else {
      this.#moveTo(scroll.to === 'start' ? viewport.start() : undefined)
    }
  }

  /** Shows a message that was looked for, and marks it. A terminal that scrolls by itself is told it again. */
  show(item: Said): void {
    this.#hint = undefined
    if (this.#isInline) return this.notice(`${dateTimeOf(item.at)} ${item.uid}: ${item.text}`)
    this.#found = item.key
    this.#layout = this.#newLayout()
    this.#moveTo(this.#newView().viewport.around(item))
  }

  #moveTo(anchor: Anchor | undefined): void {
    this.#anchor = anchor
    if (this.#isReading) this.#missed = NONE_MISSED
    this.publish()
  }

  /** Whether what comes now is seen: the end is in sight, and the window is looked at. */
  get #isReading(): boolean {
    return this.#anchor === undefined && this.#hasFocus !== false && !this.#isHidden
  }

  focus(hasFocus: boolean): void {
    this.#hasFocus = hasFocus
    if (this.#isReading) this.#missed = NONE_MISSED
  }

  /** What should be fetched for the reader who is where they are. */
  get wanted(): Wanted | undefined {
    if (!this.#anchor) return undefined
    const { first, items } = this.view().viewport.items(this.#anchor)
    const gap = items.find((item) => item.kind === 'gap' && !item.isLost)
    if (gap?.kind === 'gap') return { what: 'gap', gap, side: this.#isGoingUp ? 'below' : 'above' }
    return first < PREFETCH_ITEMS && this.transcript.hasOlder ? { what: 'older' } : undefined
  }

  #newView(): View {
    this.#view = undefined
    return this.view()
  }

  /** Puts what was asked for into a gap. */
  fill(gap: Gap, messages: readonly Message[], side: 'above' | 'below', isWhole: boolean): void {
    const next = side === 'below' ? this.transcript.afterGap(gap) : undefined
    const row = next && this.view().viewport.rowOf(this.#anchor, next)
    this.transcript.fill(gap, messages, side, isWhole)
    // What is below the gap stays where it is on the screen.
    if (next && row !== undefined) this.#anchor = this.#newView().viewport.scroll({ ...placeOf(next), row: 0 }, -row)
    this.transcript.trim(this.#anchor)
    this.publish()
  }

  /** Empties the screen; what was there can be scrolled back to. */
  clear(): void {
    const last = this.transcript.lastSettled
    this.#floor = last && { ...placeOf(last), rank: last.rank + 0.5 }
    this.#moveTo(undefined)
  }

  /** Another room is on the screen now: what comes is not read. */
  hide(): void {
    this.#isHidden = true
    this.#link.rest()
  }

  /** The room is on the screen. What came meanwhile arrives with the next batch, and a line stands above it. */
  appear(): void {
    this.#hasReturned = this.#isHidden
    this.#isHidden = false
    this.publish()
  }

  /** Who is here, and who types. */
  get people(): People {
    return this.#people
  }

  presence(news: PresenceNews): void {
    this.#people.take(news)
    this.transcript.erase(news.deleted ?? [])
    this.publishSoon()
  }

  /** What is unread in other rooms. */
  showOthers(others: readonly Unread[]): void {
    this.#others = others
    this.publishSoon()
  }

  resize(size: Size): void {
    const isOtherWidth = size.columns !== this.#size.columns
    this.#size = size
    if (isOtherWidth) this.#layout = this.#newLayout()
    this.publish()
  }

  changeTheme(theme: Theme): void {
    this.#theme = theme
    this.#layout = this.#newLayout()
    this.publish()
  }

  /** No time before messages, the time, or date and time; one after another. */
  nextTimes(): void {
    this.#times = ({ none: 'time', time: 'full', full: 'none' } as const)[this.#times]
    this.#layout = this.#newLayout()
    this.publish()
  }

  #newLayout(): ItemLayout {
    const words = this.#panel?.type === 'find' ? termsIn(this.#panel.words) : []
    return new ItemLayout({
      columns: this.#size.columns,
      theme: this.#theme,
      times: this.#times,
      markers: [this.transcript.mentions, ...words.map((word) => new Words(word))],
      found: this.#found,
    })
  }

  /** The rows of the end of the conversation, for the screen that is left to the shell. */
  lastLines(height: number): readonly Line[] {
    return new Viewport(this.transcript, this.#layout, height, this.#floor).visible(undefined)
  }

  /** What has come to stay since it was asked last, for a terminal that keeps its own history. */
  takeSettled(): readonly Line[] {
    const last = this.transcript.lastSettled
    if (!last) return []
    const from = this.#taken ? this.transcript.find(this.#taken) + 1 : 0
    this.#taken = placeOf(last)
    const lines: Line[] = []
    for (let i = from; i <= this.transcript.find(last); i++) {
      const item = this.transcript.at(i)
      if (item) lines.push(...this.#layout.linesOf(item, this.transcript.at(i - 1)).lines)
    }
    return lines
  }

  /** The terminal has taken the last frame. */
  settled(): void {
    this.#frames.settled()
  }

  /** Draws anew; while the terminal has not taken the last frame, not before `settled`. */
  publish(): void {
    this.#view = undefined
    this.#frames.now()
  }

  publishSoon(): void {
    this.#frames.soon()
  }

  /** Leaves no timer. */
  close(): void {
    this.#link.rest()
    this.#frames.close()
    this.saveDraft()
    this.#listeners.clear()
  }
}
