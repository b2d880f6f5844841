/** What the two classic reads answer, whichever way the request came in. */
import { type Batch, type Cursor, CursorReset, MAX_BATCH, parseCursor, START } from '@poll-chat/protocol'
import type { classicMessageSchema, classicTextsSchema } from '@poll-chat/protocol/schemas'
import type { z } from 'zod'
import type { Inboxes, InboxName } from '../hub/inboxes.ts'
import { asTrimmed } from '../log/batch.ts'
import type { Log } from '../log/contract.ts'
import { plainMessage } from '../log/room-names.ts'

/** The texts after an index, without those that were deleted. One that cannot be gone on from starts over from the oldest. */
export async function classicTexts(log: Log, room: string, index: number): Promise<z.infer<typeof classicTextsSchema>> {
  const { messages, next } = await readOrStartOver(log, room, index)
  const kept = messages.filter(({ deleted }) => !deleted)
  return { data: kept.map(({ text }) => text), index: Number.parseInt(next, 10), messages: kept.map(plainMessage) }
}

async function readOrStartOver(log: Log, room: string, index: number): Promise<Batch> {
  try {
    return await log.read(room, { index }, MAX_BATCH)
  } catch (error) {
    if (error instanceof CursorReset) return log.read(room, START, MAX_BATCH)
    throw error
  }
}

/**
 * The next message of an inbox that has a text still. Those that were deleted are acknowledged: there is nothing in them
 * that a reader could lose. A reader without cursors cannot choose where to go on from a place that is no longer kept: it
 * goes on from the oldest message that is, and is told.
 */
export async function nextWithText(
  inboxes: Inboxes,
  inbox: InboxName,
  ack: Cursor | undefined,
  options: Omit<Parameters<Inboxes['next']>[2], 'limit'>,
): Promise<Batch> {
  let isTrimmed = false
  for (let place = ack; ; ) {
    try {
      const batch = await inboxes.next(inbox, place, { ...options, limit: 1 })
      isTrimmed ||= batch.trimmed === true
      if (!batch.messages[0]?.deleted) return asTrimmed(batch, isTrimmed)
      place = parseCursor(batch.next)
    } catch (error) {
      if (ack || !(error instanceof CursorReset) || error.reason !== 'trimmed') throw error
      isTrimmed = true
      place = parseCursor(error.oldest)
    }
  }
}

/** The first message of a batch, or nothing. */
export function classicMessage({
  messages,
  next,
  superseded,
  retry_after_ms,
  trimmed,
}: Batch): z.infer<typeof classicMessageSchema> {
  const [message] = messages
  if (message)
    return { status: true, data: message.text, message: plainMessage(message), next, ...(trimmed && { trimmed }) }
  return {
    status: false,
    data: null,
    ...(superseded && { superseded }),
    ...(retry_after_ms !== undefined && { retry_after_ms }),
  }
}
