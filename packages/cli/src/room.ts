/** Reading a room for commands that print lines. */
import type { Client } from '@poll-chat/client'
import { type Batch, MAX_BATCH, type Message } from '@poll-chat/protocol'
import { t } from './messages/language.ts'
import type { Mode } from './options.ts'
import { say } from './terminal/output.ts'

/** Most messages of the past that a command shows. More than anybody reads, and few enough to hold. */
export const MAX_LAST = 10_000

/** The last `count` messages of a room in index order, and the cursor to go on from. */
export async function lastMessages(
  client: Client,
  room: string,
  count: number,
): Promise<{ messages: Message[]; next: string }> {
  const newest = await client.history(room, { limit: Math.min(Math.max(count, 1), MAX_BATCH) })
  if (count === 0) return { messages: [], next: newest.next }
  const pages = [newest.messages]
  let missing = count - newest.messages.length
  let before = newest.prev
  while (missing > 0 && before !== undefined) {
    const page = await client.history(room, { before, limit: Math.min(missing, MAX_BATCH) })
    pages.unshift(page.messages)
    missing -= page.messages.length
    before = page.prev
  }
  return { messages: pages.flat(), next: newest.next }
}

export type FollowRoom = { room: string; after: string; mode: Mode; intervalMs: number; signal?: AbortSignal }

/** Follows a room and says on standard error when the connection is lost, is back, and when the log is another one. */
export async function followRoom(
  client: Client,
  options: FollowRoom,
  show: (batch: Batch) => Promise<void>,
): Promise<void> {
  const { room, ...rest } = options
  let lost = false
  for await (const event of client.follow(room, rest)) {
    if (event.type === 'batch') await show(event.batch)
    else if (event.type === 'reset') say(t.connection.logReplaced(room, event.reason))
    else if (event.status.state === 'reconnecting') {
      if (!lost) say(t.connection.lost(event.status.reason))
      lost = true
    } else {
      if (lost) say(t.connection.again)
      lost = false
    }
  }
}
