import { type Message, parseCursor } from '@poll-chat/protocol'
import type { Appended, Draft, Log } from '../src/log/contract.ts'

/** A message to append, with an id of its own unless one is given. */
export function draft(room: string, text: string, id: string = crypto.randomUUID(), uid = 'alice'): Draft {
  return { room, id, from: { uid, verified: false }, text }
}

/** Appends texts one after the other. */
export async function appendAll(log: Log, room: string, texts: readonly string[]): Promise<Message[]> {
  const messages: Message[] = []
  for (const text of texts) messages.push((await log.append(draft(room, text))).message)
  return messages
}

export function textsOf({ messages }: { messages: readonly Message[] }): string[] {
  return messages.map(({ text }) => text)
}

/** The cursor that a wire form stands for. */
export function cursor(wire: string) {
  const parsed = parseCursor(wire)
  if (!parsed) throw new Error(`${wire} is not a cursor`)
  return parsed
}

export function messagesOf(appended: readonly Appended[]): Message[] {
  return appended.map(({ message }) => message)
}

/** `t1` … `tN` */
export function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `t${i + 1}`)
}
