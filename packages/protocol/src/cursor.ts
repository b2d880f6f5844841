/**
 * A place in a room's log: `"<index>~<check>"`, just after the message at that index.
 * `check` is derived from that message's immutable id, so that a log which was wiped, restored from an older copy or
 * truncated is noticed instead of silently skipped. `0` stands before the first message. A bare index is accepted, for
 * people and curl, without that protection.
 */
export type Cursor = { index: number; check?: string }

/** Before the first message. */
export const START: Cursor = { index: 0 }

/** The wire form, for schemas: an index, and a check of 8 hex digits. */
export const CURSOR_PATTERN = /^(?:0|[1-9]\d{0,14}(?:~[0-9a-f]{8})?)$/

/** Reads the wire form; `undefined` if it is not a cursor. */
export function parseCursor(wire: string): Cursor | undefined {
  if (!CURSOR_PATTERN.test(wire)) return undefined
  const [index, check] = wire.split('~')
  return check === undefined ? { index: Number(index) } : { index: Number(index), check }
}

export function formatCursor(cursor: Cursor): string {
  return cursor.check === undefined ? `${cursor.index}` : `${cursor.index}~${cursor.check}`
}

/** The cursor that stands just after a message. */
export function cursorAfter(message: { index: number; id: string }): string {
  return `${message.index}~${checkOf(message.id)}`
}

/**
 * 32 bits of a message id as 8 hex digits: FNV-1a, then murmur3's finaliser so that similar ids differ in every digit.
 * It detects accidents, not attacks: who may choose ids can only mislead a reader about a log of their own.
 */
export function checkOf(id: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, '0')
}
