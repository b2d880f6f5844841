import type { Message } from '@poll-chat/protocol'

/** What is left of a message that was deleted. */
export function tombstoneOf(message: Message): Message {
  return { ...message, text: '', deleted: true }
}
