/**
 * Private rooms on this device: `lobby!LABEL`, with a label of this device's own for each key. The keys lie where the
 * proof of one's name lies, for all tabs, until the room is left: what is still to be sent there needs them.
 */
import { normaliseName, ROOM_KEY_PATTERN } from '@poll-chat/protocol'
import { forget, remember, remembered } from './storage.ts'

const KEYS = 'room-keys'

/** What the room of that name and key is called here; the key is kept. `undefined` if it cannot be a room's key. */
export function privateRoom(name: string, key: string): string | undefined {
  if (!ROOM_KEY_PATTERN.test(key)) return undefined
  const keys = kept()
  const known = [...keys].find(([room, other]) => titleOf(room) === name && other === key)
  const room = known?.[0] ?? `${name}!${newLabel()}`
  if (!known) keep(keys.set(room, key))
  return room
}

export function forgetRoomKey(room: string): void {
  const keys = kept()
  if (keys.delete(room)) keep(keys)
}

export function forgetRoomKeys(): void {
  forget(KEYS)
}

/** Asked anew each time: another tab may have entered the room. */
export function roomKeyOf(room: string): string | undefined {
  return isPrivate(room) ? kept().get(room) : undefined
}

export function isPrivate(room: string): boolean {
  return room.includes('!')
}

/** The name that people see. */
export function titleOf(room: string): string {
  return room.replace(/!.*/, '')
}

/** Whether it is a room that can be entered: a public one, or one whose key is here. */
export function canEnter(room: string): boolean {
  const title = titleOf(room)
  return normaliseName(title) === title && (!isPrivate(room) || roomKeyOf(room) !== undefined)
}

function kept(): Map<string, string> {
  const value = remembered(KEYS)
  if (typeof value !== 'object' || value === null) return new Map()
  const isKey = (entry: [string, unknown]): entry is [string, string] =>
    typeof entry[1] === 'string' && ROOM_KEY_PATTERN.test(entry[1])
  return new Map(Object.entries(value).filter(isKey))
}

function keep(keys: ReadonlyMap<string, string>): void {
  remember(KEYS, Object.fromEntries(keys))
}

function newLabel(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
