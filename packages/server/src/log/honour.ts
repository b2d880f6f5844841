import { type Cursor, CursorReset, checkOf, cursorAfter, formatCursor, START } from '@poll-chat/protocol'

export type Known = { index: number; id: string }

/** What an engine knows of a room when it is asked to go on from a cursor. */
export type Around = {
  /** The newest message; `undefined` in a room that has none. */
  newest: Known | undefined
  /** The index of the oldest message that is kept. */
  oldestIndex: number
  /** The last message that is not kept any more, where that is known: everything up to it is gone, and nothing after it. */
  floor?: Known | undefined
  /** The id of the message at the cursor's own index; `undefined` if there is none. */
  idAtCursor: string | undefined
}

/**
 * The one decision whether a log can go on from a cursor. Returns the cursor with its check.
 * @throws CursorReset when it cannot: going on would silently skip or repeat
 */
export function honour(cursor: Cursor, around: Around): Cursor {
  if (cursor.index === START.index) return START
  const { oldestIndex, floor } = around
  const newest = around.newest ?? floor
  // Who has read up to there has missed nothing.
  const idAtCursor = cursor.index === floor?.index ? floor.id : around.idAtCursor
  const wire = (known: Known | undefined) => (known ? cursorAfter(known) : formatCursor(START))
  const reset = (reason: 'ahead' | 'trimmed' | 'diverged') => new CursorReset(reason, wire(floor), wire(newest))
  if (!newest || cursor.index > newest.index) throw reset('ahead')
  if (idAtCursor !== undefined) {
    const check = checkOf(idAtCursor)
    if (cursor.check !== undefined && cursor.check !== check) throw reset('diverged')
    return { index: cursor.index, check }
  }
  if (cursor.index < oldestIndex) throw reset('trimmed')
  if (cursor.check !== undefined) throw reset('diverged')
  return cursor
}
