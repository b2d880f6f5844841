import { MAX_ID_CHARACTERS, MAX_NAME_CHARACTERS } from './limits.ts'

/**
 * A uid or a room name: 1-64 letters of any script (with their combining marks), digits, `-`, `_` and `.`.
 * `.` and `..` are not names: every HTTP client resolves them away in a path.
 */
export const NAME_PATTERN = new RegExp(`^(?!\\.{1,2}$)[\\p{L}\\p{N}\\p{M}_.-]{1,${MAX_NAME_CHARACTERS}}$`, 'u')

/** Most names; these are in NFC already. A pattern of Unicode properties takes half a millisecond to compile. */
const PLAIN_NAME = new RegExp(`^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,${MAX_NAME_CHARACTERS}}$`)

/** A message id: what UUIDs, dates and build numbers are made of. */
export const ID_PATTERN = new RegExp(`^[A-Za-z0-9._:~-]{1,${MAX_ID_CHARACTERS}}$`)

/** A claim, the secret that proves a uid to be one's own: 32 random bytes as base64url (RFC 4648 §5), without padding. */
export const CLAIM_PATTERN = /^[A-Za-z0-9_-]{43}$/

/**
 * The key of a private room: 8-512 visible ASCII characters, none of them a comma, so that a header may list several. Too
 * few to be guessed are refused; best are 24 random bytes as base64url.
 */
export const ROOM_KEY_PATTERN = /^[!-+\x2d-~]{8,512}$/

/** The one form in which a name is compared and stored: NFC. `undefined` if it is not a name. */
export function normaliseName(name: string): string | undefined {
  if (PLAIN_NAME.test(name)) return name
  const normal = name.normalize('NFC')
  return NAME_PATTERN.test(normal) ? normal : undefined
}
