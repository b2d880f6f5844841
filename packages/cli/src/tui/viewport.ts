import type { ItemLayout, Line } from './item-lines.ts'
import { type Item, type Place, placeOf } from './items.ts'

/**
 * The upper row of what is seen: a row of an item, so that neither arrivals nor another width move the reader.
 * Counted from the first row of the item itself: the line with the date above it (-1) comes and goes.
 */
export type Anchor = Place & { row: number }

/** The items in order. `find` tells the position of the first one at or after a place. */
export type Items = { readonly length: number; at(position: number): Item | undefined; find(place: Place): number }

/** A place in the whole: item and row, the line with the date included. */
type Top = { item: number; row: number }

/**
 * What part of a list of items is seen in `height` rows. Without an anchor it is the end.
 * Every question takes O(log n) to find the anchor and then as many steps as rows are asked for: no sum over all heights is
 * ever made, so items that nobody has seen are never laid out.
 */
export class Viewport {
  readonly #items: Items
  readonly #layout: ItemLayout
  readonly #height: number
  readonly #floor: Place | undefined

  /** @param floor what is before it is not seen at the end; one scrolls to it */
  constructor(items: Items, layout: ItemLayout, height: number, floor?: Place) {
    this.#items = items
    this.#layout = layout
    this.#height = height
    this.#floor = floor
  }

  /** At most `height` rows, from the anchor on. */
  visible(anchor: Anchor | undefined): Line[] {
    const top = this.#top(anchor)
    const lines: Line[] = []
    for (let item = top.item; item < this.#items.length && lines.length < this.#height; item++) {
      const isTop = item === top.item
      lines.push(...this.#lines(item, isTop).lines.slice(isTop ? top.row : 0))
    }
    return lines.slice(0, this.#height)
  }

  /** The items that are seen, and the position of the first. */
  items(anchor: Anchor | undefined): { first: number; items: Item[] } {
    const top = this.#top(anchor)
    const items: Item[] = []
    let rows = -top.row
    for (let position = top.item; rows < this.#height; position++) {
      const item = this.#items.at(position)
      if (!item) break
      items.push(item)
      rows += this.#linesAt(position).length
    }
    return { first: top.item, items }
  }

  /** How many rows below the upper one an item begins; negative when that is above. */
  rowOf(anchor: Anchor | undefined, place: Place): number {
    const top = this.#top(anchor)
    const at = this.#items.find(place)
    let rows = -top.row
    for (let item = top.item; item < at && rows < this.#height; item++) rows += this.#linesAt(item).length
    return rows + this.#lines(at).lead
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

  /** The anchor that shows a place, a third of the screen below the upper row; `undefined` if it is in sight at the end. */
  around(place: Place): Anchor | undefined {
    return this.scroll({ ...place, row: 0 }, -Math.floor(this.#height / 3))
  }

  /** Whether the first row of all is seen. */
  isAtStart(anchor: Anchor | undefined): boolean {
    const top = this.#top(anchor)
    return top.item === 0 && top.row === 0
  }

  #top(anchor: Anchor | undefined): Top {
    if (!anchor) return this.#bottomTop()
    const item = Math.min(this.#items.find(anchor), Math.max(0, this.#items.length - 1))
    const found = this.#items.at(item)
    if (found?.epoch !== anchor.epoch || found.index !== anchor.index || found.rank !== anchor.rank)
      return { item, row: 0 } // it went away; what came after it is here now
    const { lines, lead } = this.#lines(item)
    return { item, row: Math.min(Math.max(0, anchor.row + lead), lines.length - 1) }
  }

  #anchorAt({ item, row }: Top): Anchor | undefined {
    const found = this.#items.at(item)
    if (!found) return undefined
    return { ...placeOf(found), row: row - this.#lines(item).lead }
  }

  /** The upper row when the last row is at the bottom. */
  #bottomTop(): Top {
    const top = this.#step({ item: this.#items.length, row: 0 }, -this.#height)
    const floor = this.#floor === undefined ? 0 : this.#items.find(this.#floor)
    return top.item < floor ? { item: floor, row: 0 } : top
  }

  #step(from: Top, rows: number): Top {
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

  #lines(item: number, isTop = false) {
    const found = this.#items.at(item)
    return found ? this.#layout.linesOf(found, this.#items.at(item - 1), isTop) : { lines: [], lead: 0 }
  }
}
