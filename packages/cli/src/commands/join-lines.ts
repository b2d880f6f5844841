/** `join` without a terminal: each line of the input is a message, each message of the room a line of the output. */
import type { Client } from '@poll-chat/client'
import { type Message, parseCursor } from '@poll-chat/protocol'
import { reaching } from '../connect.ts'
import { followRoom, lastMessages } from '../room.ts'
import { assertAllSent, sendLines } from '../send-lines.ts'
import { formatMessage, formatSpoken } from '../terminal/format.ts'
import { onClosedOutput, print } from '../terminal/output.ts'
import type { Joining } from './join.ts'

type Place = Pick<Joining, 'room' | 'mode' | 'intervalMs' | 'last' | 'uid'> & {
  /** For a screen reader. @default false */
  isSpoken?: boolean
}

/** Ends when the input has ended, all of it is sent, and what was sent has been printed. */
export async function joinWithLines(client: Client, place: Place, input: AsyncIterable<Uint8Array>): Promise<void> {
  const { room, last, uid, isSpoken, ...how } = place
  const format = isSpoken ? (message: Message) => formatSpoken(message, uid) : formatMessage
  // Whoever writes the input still counts on its delivery when nobody reads the output any more.
  const reading = new AbortController()
  onClosedOutput(() => reading.abort())
  const show = async (messages: readonly Message[]) => {
    if (messages.length > 0 && !reading.signal.aborted) await print(messages.map(format).join(''))
  }

  const { messages, next } = await reaching(client, lastMessages(client, room, last))
  await show(messages)
  let cursor = next
  const shown = messages.map(({ id }) => id)
  const reader = followRoom(client, { room, after: next, shown, ...how, signal: reading.signal }, async (batch) => {
    cursor = batch.next
    await show(batch.messages)
  })
  const sender = sendLines(client, input, { room })
  // The reader fails only when the server refuses it for good; then waiting for more input is of no use.
  await Promise.race([sender, reader.then(() => sender)])

  const sent = await sender
  const outputIsClosed = reading.signal.aborted
  reading.abort()
  await reader
  if (!outputIsClosed) await printUpTo(sent.sentIndex, client, { room, after: cursor, format })
  assertAllSent(sent)
}

/** Prints what comes after the cursor until the last message that was sent is among it. */
async function printUpTo(
  index: number,
  client: Client,
  { room, after, format }: { room: string; after: string; format: (message: Message) => string },
): Promise<void> {
  for (let cursor = after; (parseCursor(cursor)?.index ?? 0) < index; ) {
    const batch = await reaching(client, client.poll(room, { after: cursor }))
    if (batch.messages.length === 0) return
    await print(batch.messages.map(format).join(''))
    cursor = batch.next
  }
}
