/**
 * What rooms are called in the log. A private room is `name#digest`: another room for each key, of which only a digest is
 * stored. No public name has a `#`. So nothing has to be compared, whoever shows another key asks about another room, and
 * a room that cannot be entered is none that is there. Readers see the plain name.
 */
import { createHmac } from 'node:crypto'
import type { Message } from '@poll-chat/protocol'

const MARK = '#'

/** Of a digest's 43 characters: 132 bits, more than anybody could find twice. */
const DIGEST_CHARACTERS = 22

/** The room of that name and key; without a key the public one. */
export function roomInLog(name: string, key: string | undefined): string {
  if (key === undefined) return name
  return name + MARK + createHmac('sha256', key).update(name).digest('base64url').slice(0, DIGEST_CHARACTERS)
}

export function isPrivate(room: string): boolean {
  return room.includes(MARK)
}

/** The name that people gave a room of the log. */
export function plainName(room: string): string {
  const end = room.indexOf(MARK)
  return end === -1 ? room : room.slice(0, end)
}

/** A message of the log as its readers see it. */
export function plainMessage(message: Message): Message {
  return isPrivate(message.room) ? { ...message, room: plainName(message.room) } : message
}
