import type { Message } from '@poll-chat/protocol'
import { sanitiseLine } from '../terminal/sanitise.ts'
import { type EditAction, type Editor, EMPTY_EDITOR, edit } from './editor.ts'
import { History } from './history.ts'
import { ItemLayout } from './item-lines.ts'
import { themeFor } from './theme.ts'
import { Transcript } from './transcript.ts'
import { type Connection, composeView, type Size, type View, type Where } from './view.ts'
import type { Anchor } from './viewport.ts'

/** Arrivals within this time are shown together, in milliseconds. Typing is shown at once. */
const COALESCE_MS = 40

export type Scroll = { by: 'rows' | 'pages'; count: number } | { to: 'start' | 'end' }

/**
 * All that the screen shows, outside of React: keys that come in one read must each see what the one before did.
 * `view()` is the snapshot for React; it is the same object until something changed.
 */
export class ChatStore {
  readonly transcript: Transcript
  readonly history = new History()
  readonly where: Where
  readonly #theme = themeFor(process.env)
  #size: Size
  #editor: Editor = EMPTY_EDITOR
  #anchor: Anchor | undefined
  #connection: Connection = { state: 'connecting' }
  #hint: string | undefined
  /** Messages that came while the reader was further up. */
  #missed = 0
  #layout: ItemLayout
  #view: View | undefined
  #listeners = new Set<() => void>()
  #soon: NodeJS.Timeout | undefined
  #ticker: NodeJS.Timeout | undefined

  constructor(where: Where, size: Size) {
    this.where = {
      ...where,
      room: sanitiseLine(where.room),
      uid: sanitiseLine(where.uid),
      host: sanitiseLine(where.host),
    }
    this.transcript = new Transcript(where.uid)
    this.#size = size
    this.#layout = new ItemLayout(size.columns, this.#theme)
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly view = (): View => {
    this.#view ??= composeView({
      where: this.where,
      size: this.#size,
      items: this.transcript.items,
      layout: this.#layout,
      theme: this.#theme,
      editor: this.#editor,
      anchor: this.#anchor,
      connection: this.#connection,
      hint: this.#hint,
      missed: this.#missed,
      now: Date.now(),
    })
    return this.#view
  }

  get editor(): Editor {
    return this.#editor
  }

  get isLive(): boolean {
    return this.#connection.state === 'live'
  }

  edit(action: EditAction): void {
    this.#editor = edit(this.#editor, action)
    this.#hint = undefined
    this.publish()
  }

  /** One line above the box, until the next change in the box. */
  hint(text: string): void {
    this.#hint = sanitiseLine(text)
    this.publish()
  }

  /** Messages that came in, live or from history. */
  add(messages: readonly Message[], live: boolean): void {
    const added = this.transcript.add(messages)
    if (live && this.#anchor) this.#missed += added
    this.publishSoon()
  }

  notice(text: string): void {
    this.transcript.notice(text)
    this.publishSoon()
  }

  connection(connection: Connection): void {
    // A long poll measures nothing while it hangs; the last measurement stays.
    const before = this.#connection.state === 'live' ? this.#connection.latencyMs : undefined
    this.#connection =
      connection.state === 'live' && connection.latencyMs === undefined && before !== undefined
        ? { state: 'live', latencyMs: before }
        : connection
    clearInterval(this.#ticker)
    this.#ticker = connection.state === 'reconnecting' ? setInterval(() => this.publish(), 1_000) : undefined
    this.publishSoon()
  }

  scroll(scroll: Scroll): void {
    const { viewport, height } = this.view()
    if ('by' in scroll) {
      const page = Math.max(1, height - 1)
      this.#anchor = viewport.scroll(this.#anchor, scroll.count * (scroll.by === 'pages' ? page : 1))
    } else {
      this.#anchor = scroll.to === 'start' ? viewport.start() : undefined
    }
    if (!this.#anchor) this.#missed = 0
    this.publish()
  }

  /** Whether the first row of what is held is seen, so that older messages are wanted. */
  get isAtStart(): boolean {
    return this.#anchor !== undefined && this.view().viewport.isAtStart(this.#anchor)
  }

  resize(size: Size): void {
    if (size.columns !== this.#size.columns) this.#layout = new ItemLayout(size.columns, this.#theme)
    this.#size = size
    this.publish()
  }

  publish(): void {
    clearTimeout(this.#soon)
    this.#soon = undefined
    this.#view = undefined
    for (const listener of this.#listeners) listener()
  }

  publishSoon(): void {
    this.#soon ??= setTimeout(() => this.publish(), COALESCE_MS)
  }

  /** Leaves no timer. */
  close(): void {
    clearInterval(this.#ticker)
    clearTimeout(this.#soon)
    this.#listeners.clear()
  }
}
