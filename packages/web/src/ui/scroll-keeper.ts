/**
 * Keeps the reader's place. Invariant: at the end they stay at the end; anywhere else the row that they see first stays
 * where it is, whatever is added above or below and however the window changes.
 */
export class ScrollKeeper {
  readonly #onLook: (isAtEnd: boolean) => void
  #scroller: HTMLElement | undefined
  #isAtEnd = true
  /** Where it was when it was last looked at. Elsewhere now, the reader has scrolled, and the event is still to come. */
  #top = 0
  #anchor: { key: string; top: number } | undefined

  constructor(onLook: (isAtEnd: boolean) => void) {
    this.#onLook = onLook
  }

  attach(scroller: HTMLElement): () => void {
    this.#scroller = scroller
    const observer = new ResizeObserver(() => this.restore())
    observer.observe(scroller)
    return () => observer.disconnect()
  }

  /** What was unread comes into sight first; without any, the end. */
  begin(): void {
    const line = this.#scroller?.querySelector('[data-key="new"]')
    if (line && this.#scroller) {
      this.#scroller.scrollTop += topOf(line) - topOf(this.#scroller) - this.#scroller.clientHeight / 4
      this.note()
    } else {
      this.toEnd()
    }
  }

  /** The reader scrolled. */
  note(): void {
    const scroller = this.#scroller
    if (!scroller) return
    this.#top = scroller.scrollTop
    this.#isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 8
    this.#onLook(this.#isAtEnd)
    const edge = topOf(scroller)
    // The text of a message: dates and names above it come and go with what is before it.
    const first = Array.from(scroller.querySelectorAll('.message .text')).find(
      (text) => text.getBoundingClientRect().bottom > edge,
    )
    const row = first?.closest('li')
    this.#anchor = first && row ? { key: row.dataset.key ?? '', top: topOf(first) - edge } : undefined
  }

  /** Rows were added or have another size. */
  restore(): void {
    const scroller = this.#scroller
    if (!scroller) return
    if (scroller.scrollTop !== this.#top) this.note()
    if (this.#isAtEnd) scroller.scrollTop = scroller.scrollHeight
    else if (this.#anchor) {
      const text = scroller.querySelector(`[data-key="${CSS.escape(this.#anchor.key)}"] .text`)
      if (text) scroller.scrollTop += topOf(text) - topOf(scroller) - this.#anchor.top
    }
    this.#top = scroller.scrollTop
  }

  toEnd(): void {
    if (this.#scroller) this.#scroller.scrollTop = this.#scroller.scrollHeight
    this.note()
  }
}

function topOf(element: Element): number {
  return element.getBoundingClientRect().top
}
