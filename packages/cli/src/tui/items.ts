/**
 * Where an item stands. `epoch` counts the histories of the log: after a reset its indices begin again. Of the same
 * index, the unread line (rank -1) is before the message (0), notices (by their number) and then a gap are after it.
 */
export type Place = { epoch: number; index: number; rank: number }

/**
 * One entry of the conversation, already sanitised and never changed: what was laid out for it can be kept.
 * `at` is in milliseconds of `Date.now()`. `isDeleted`: the operator has deleted it, and the text says so.
 */
export type Item = Place & { key: string; at: number } & (
    | { kind: 'message'; id: string; uid: string; text: string; own: boolean; mentions: boolean; isDeleted: boolean }
    /** An own message that the server has not acknowledged: on its way, or refused. */
    | { kind: 'local'; uid: string; text: string; state: 'pending' | 'failed'; reason?: string }
    | { kind: 'notice'; text: string }
    /** Stands between what was read and what was not. */
    | { kind: 'unread' }
    /** Messages after the one with this index and id are not held; `isLost` when the server has them no more either. */
    | { kind: 'gap'; id: string; isLost: boolean }
  )

export type Said = Extract<Item, { kind: 'message' }>
export type Local = Extract<Item, { kind: 'local' }>
export type Gap = Extract<Item, { kind: 'gap' }>

export const RANK = { unread: -1, message: 0, gap: Number.POSITIVE_INFINITY } as const

export function placeOf({ epoch, index, rank }: Place): Place {
  return { epoch, index, rank }
}

export function comparePlaces(a: Place, b: Place): number {
  return a.epoch - b.epoch || a.index - b.index || compareRanks(a.rank, b.rank)
}

/** Infinity minus itself is no number. */
function compareRanks(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}

/** Where in a sorted list the first item at or after a place is. O(log n). */
export function search(items: readonly Item[], place: Place): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item && comparePlaces(item, place) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Puts sorted items into a sorted list. What comes in one run, as nearly everything does, is put in without sorting. */
export function merge(items: Item[], added: readonly Item[]): void {
  const [first, last] = [added[0], added.at(-1)]
  if (!first || !last) return
  const at = search(items, first)
  const next = items[at]
  if (at === items.length) for (const item of added) items.push(item)
  else if (!next || comparePlaces(last, next) < 0) items.splice(at, 0, ...added)
  else {
    for (const item of added) items.push(item)
    items.sort(comparePlaces)
  }
}
