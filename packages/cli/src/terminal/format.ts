import type { Message } from '@poll-chat/protocol'
import { t } from '../messages/language.ts'
import { escapeJson, sanitiseLine, sanitiseText } from './sanitise.ts'

/** As wide as `HH:MM `. A uid cannot begin with a space, so no text can pass for another message. */
const INDENT = '      '

/** The text of a message, safe in a terminal; or that it was deleted. */
export function textOf({ text, deleted }: Message): string {
  return deleted ? t.chat.deleted : sanitiseText(text)
}

/** `HH:MM uid: text` in local time; further lines of the text are indented. */
export function formatMessage(message: Message): string {
  const text = textOf(message).split('\n').join(`\n${INDENT}`)
  return `${clock(message.at)} ${sanitiseLine(message.from.uid)}: ${text}\n`
}

/** For a screen reader: the sender first, and nothing that is only there to be seen. */
export function formatSpoken(message: Message, uid: string): string {
  const text = textOf(message)
  if (message.from.uid === uid) return `${t.chat.spokenOwn(clock(message.at), text)}\n`
  return `${t.chat.spoken(sanitiseLine(message.from.uid), clock(message.at), text)}\n`
}

/** `2026-11-24 16:30 room uid: text` in local time, for messages of any room and day. */
export function formatFound(message: Message): string {
  const text = textOf(message).split('\n').join(`\n${INDENT}`)
  return `${dayAndClock(message.at)} ${sanitiseLine(message.room)} ${sanitiseLine(message.from.uid)}: ${text}\n`
}

/** The message as one line of JSON that is safe in a terminal too. */
export function formatJson(message: Message): string {
  return `${escapeJson(JSON.stringify(message))}\n`
}

/** `2026-11-24 16:30`, in local time. */
export function dayAndClock(at: string): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return '---------- --:--'
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())} ${clock(at)}`
}

function clock(at: string): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return '--:--'
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`
}

function twoDigits(value: number): string {
  return `${value}`.padStart(2, '0')
}
