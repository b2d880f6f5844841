import type { ItemLayout, Line } from './item-lines.ts'
import type { Item } from './transcript.ts'

/**
 * The upper row of what is seen: a row of an item, so that neither arrivals nor another width move the reader.
 * Counted from the first row of the item itself: the line with the date above it (-1) comes and goes.
 */
export type Anchor = { key: string; row: number }

/** A place in the whole: item and row, the line with the date included. */
type Place = { item: number; row: number }

/** What part of a list of items is seen in `height` rows. Without an anchor it is the end. */
export class Viewport {
  readonly #items: readonly Item[]
  readonly #layout: ItemLayout
  readonly #height: number

  constructor(items: readonly Item[], layout: ItemLayout, height: number) {
    this.#items = items
    this.#layout = layout
    this.#height = height
  }

  /** At most `height` rows, from the anchor on. */
  visible(anchor: Anchor | undefined): Line[] {
    const top = this.#top(anchor)
    const lines: Line[] = []
    for (let item = top.item; item < this.#items.length && lines.length < this.#height; item++) {
      lines.push(...this.#linesAt(item).slice(item === top.item ? top.row : 0))
    }
    return lines.slice(0, this.#height)
  }

  /** The anchor after scrolling by rows, upwards if negative; `undefined` when the end is in sight again. */
  scroll(anchor: Anchor | undefined, rows: number): Anchor | undefined {
    const bottom = this.#bottomTop()
    const top = this.#step(this.#top(anchor), rows)
    if (top.item > bottom.item || (top.item === bottom.item && top.row >= bottom.row)) return undefined
    return this.#anchorAt(top)
  }

  /** The anchor at the very beginning; `undefined` if the end is in sight from there. */
  start(): Anchor | undefined {
    return this.scroll(this.#anchorAt({ item: 0, row: 0 }), 0)
  }

  /** Whether the first row of all is seen. */
  isAtStart(anchor: Anchor | undefined): boolean {
    const top = this.#top(anchor)
    return top.item === 0 && top.row === 0
  }

  #top(anchor: Anchor | undefined): Place {
    if (!anchor) return this.#bottomTop()
    const item = this.#items.findIndex(({ key }) => key === anchor.key)
    if (item === -1) return { item: 0, row: 0 } // it was dropped, and it was among the oldest
    const { lines, lead } = this.#lines(item)
    return { item, row: Math.min(Math.max(0, anchor.row + lead), lines.length - 1) }
  }

  #anchorAt({ item, row }: Place): Anchor | undefined {
    const found = this.#items[item]
    return found && { key: found.key, row: row - this.#lines(item).lead }
  }

  /** The upper row when the last row is at the bottom. */
  #bottomTop(): Place {
    return this.#step({ item: this.#items.length, row: 0 }, -this.#height)
  }

  #step(from: Place, rows: number): Place {
    let { item, row } = from
    row += rows
    while (row < 0 && item > 0) {
      item--
      row += this.#linesAt(item).length
    }
    while (item < this.#items.length && row >= this.#linesAt(item).length) {
      row -= this.#linesAt(item).length
      item++
    }
    return { item, row: Math.max(0, row) }
  }

  #linesAt(item: number): readonly Line[] {
    return this.#lines(item).lines
  }

  #lines(item: number) {
    const found = this.#items[item]
    return found ? this.#layout.linesOf(found, this.#items[item - 1]) : { lines: [], lead: 0 }
  }
}
