import { type Cursor, CursorReset, checkOf, cursorAfter, formatCursor, START } from '@poll-chat/protocol'

/** What an engine knows of a room when it is asked to go on from a cursor. */
export type Around = {
  /** The newest message; `undefined` in a room that has none. */
  newest: { index: number; id: string } | undefined
  /** The index of the oldest message that is kept. */
  oldestIndex: number
  /** The id of the message at the cursor's own index; `undefined` if there is none. */
  idAtCursor: string | undefined
}

/**
 * The one decision whether a log can go on from a cursor. Returns the cursor with its check.
 * @throws CursorReset when it cannot: going on would silently skip or repeat
 */
export function honour(cursor: Cursor, around: Around): Cursor {
  if (cursor.index === START.index) return START
  const { newest, oldestIndex, idAtCursor } = around
  const reset = (reason: 'ahead' | 'trimmed' | 'diverged') =>
    new CursorReset(reason, formatCursor(START), newest ? cursorAfter(newest) : formatCursor(START))
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
