/** The messages of a room from its beginning, some at a time. */
import { CursorReset, type Message, parseCursor, START } from '@poll-chat/protocol'
import type { Log } from '../log/contract.ts'

const PAGE = 500

/** @param end up to this index @throws ChatError when the log cannot be read */
export async function* messagesOf(log: Log, room: string, end = Number.POSITIVE_INFINITY): AsyncGenerator<Message> {
  let after = START
  for (;;) {
    let messages: readonly Message[]
    try {
      const batch = await log.read(room, after, PAGE)
      messages = batch.messages
      after = parseCursor(batch.next) ?? START
    } catch (error) {
      if (!(error instanceof CursorReset)) throw error
      after = parseCursor(error.oldest) ?? START // what was there has been removed meanwhile
      continue
    }
    for (const message of messages) {
      if (message.index > end) return
      yield message
    }
    if (messages.length === 0) return
  }
}
