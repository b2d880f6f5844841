/** What the two classic reads answer, whichever way the request came in. */
import { type Batch, CursorReset, MAX_BATCH, START } from '@poll-chat/protocol'
import type { classicMessageSchema, classicTextsSchema } from '@poll-chat/protocol/schemas'
import type { z } from 'zod'
import type { Log } from '../log/contract.ts'

/** The texts after an index. One beyond the head starts over from the oldest. */
export async function classicTexts(log: Log, room: string, index: number): Promise<z.infer<typeof classicTextsSchema>> {
  const { messages, next } = await readOrStartOver(log, room, index)
  return { data: messages.map(({ text }) => text), index: Number.parseInt(next, 10), messages: [...messages] }
}

async function readOrStartOver(log: Log, room: string, index: number): Promise<Batch> {
  try {
    return await log.read(room, { index }, MAX_BATCH)
  } catch (error) {
    if (error instanceof CursorReset) return log.read(room, START, MAX_BATCH)
    throw error
  }
}

/** The first message of a batch, or nothing. */
export function classicMessage({
  messages,
  next,
  superseded,
  retry_after_ms,
}: Batch): z.infer<typeof classicMessageSchema> {
  const [message] = messages
  if (message) return { status: true, data: message.text, message, next }
  return {
    status: false,
    data: null,
    ...(superseded && { superseded }),
    ...(retry_after_ms !== undefined && { retry_after_ms }),
  }
}
