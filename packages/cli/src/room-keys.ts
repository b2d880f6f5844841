/**
 * Private rooms as they are called here: `lobby!LABEL`, with a label that key and name have in common and that tells neither.
 * So all that is kept of rooms is kept apart for each key. People see and type `lobby!`.
 */
import { ROOM_KEY_PATTERN } from '@poll-chat/protocol'
import { UsageError } from './failure.ts'
import { t } from './messages/language.ts'
import { type Env, readKeyFile } from './options.ts'

const LABEL_DIGITS = 16

export function privateRoom(name: string, key: string): string {
  const { createHmac } = process.getBuiltinModule('node:crypto') // takes longer to load than all else that `send` needs of Node
  const digest = createHmac('sha256', key).update(`here ${name}`).digest('hex')
  return `${name}!${digest.slice(0, LABEL_DIGITS)}`
}

export function isPrivate(room: string): boolean {
  return room.includes('!')
}

/** What people see: the mark without the label. */
export function shownRoom(room: string): string {
  return room.replace(/!.*/, '!')
}

/** The key of the room, where it is private. It has no flag of its own: every user of a machine can read every command line. */
export function readRoomKey(flags: { roomKeyFile?: string }, env: Env): string | undefined {
  if (flags.roomKeyFile === undefined && env.POLL_CHAT_ROOM_KEY)
    return checkRoomKey(env.POLL_CHAT_ROOM_KEY, 'POLL_CHAT_ROOM_KEY')
  const path = flags.roomKeyFile ?? (env.POLL_CHAT_ROOM_KEY_FILE || undefined)
  return path === undefined ? undefined : checkRoomKey(readKeyFile(path), t.usage.keyFile(path))
}

function checkRoomKey(given: string, where: string): string {
  const key = given.trim()
  if (!ROOM_KEY_PATTERN.test(key)) throw new UsageError(t.usage.notARoomKey(where))
  return key
}
