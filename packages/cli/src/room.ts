/** Reading a room for commands that print lines. */
import type { Client } from '@poll-chat/client'
import { type Batch, MAX_BATCH, type Message } from '@poll-chat/protocol'
import { t } from './messages/language.ts'
import type { Mode } from './options.ts'
import { say } from './terminal/output.ts'

/** Most messages of the past that a command holds to show the last ones. */
export const MAX_LAST = 10_000

/** The last `count` messages of a room, or before a cursor, in index order, and the cursor to go on from. */
export async function lastMessages(
  client: Client,
  room: string,
  count: number,
  beforeCursor?: string,
): Promise<{ messages: Message[]; next: string }> {
  const limit = Math.min(Math.max(count, 1), MAX_BATCH)
  const newest = await client.history(room, { limit, ...(beforeCursor !== undefined && { before: beforeCursor }) })
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

/** All that a room has after a cursor, page by page, so that nothing but a page is held. */
export async function* pagesAfter(client: Client, room: string, cursor: string): AsyncGenerator<readonly Message[]> {
  for (let after = cursor; ; ) {
    const { messages, next } = await client.poll(room, { after, limit: MAX_BATCH })
    if (messages.length === 0) return
    yield messages
    after = next
  }
}

/** `shown`: ids of what was shown before, which a log that starts over does not show again. */
export type FollowRoom = {
  room: string
  after: string
  shown?: Iterable<string>
  mode: Mode
  intervalMs: number
  signal?: AbortSignal
}

/** Follows a room and says on standard error when the connection is lost, is back, and when the log is another one. */
export async function followRoom(
  client: Client,
  options: FollowRoom,
  show: (batch: Batch) => Promise<void> | void,
  onReplaced: () => void = () => undefined,
): Promise<void> {
  const { room, ...rest } = options
  let lost = false
  for await (const event of client.follow(room, rest)) {
    if (event.type === 'batch') await show(event.batch)
    else if (event.type === 'reset') {
      const isTrimmed = event.reason === 'trimmed'
      say(isTrimmed ? t.connection.logTrimmed(room) : t.connection.logReplaced(room, t.resetReason(event.reason)))
      onReplaced()
    } else if (event.type === 'status' && event.status.state === 'reconnecting') {
      if (!lost) say(t.connection.lost(t.reason(event.status.reason)))
      lost = true
    } else if (event.type === 'status') {
      if (lost) say(t.connection.again)
      lost = false
    }
  }
}

/**
 * The first message after a cursor that is accepted, through lost connections; `undefined` when the time is up (0: never).
 * When the log is replaced meanwhile, what it holds from before the wait began is not new.
 */
export async function firstMessage(
  client: Client,
  { timeoutMs, ...place }: Omit<FollowRoom, 'signal'> & { timeoutMs: number },
  accepts: (message: Message) => boolean,
): Promise<Message | undefined> {
  const found = new AbortController()
  const timer = timeoutMs > 0 ? setTimeout(() => found.abort(), timeoutMs) : undefined
  const startedAtMs = Date.now()
  let replaced = false
  let first: Message | undefined
  const look = ({ messages }: Batch) => {
    first = messages.find((one) => !(replaced && Date.parse(one.at) < startedAtMs) && accepts(one))
    if (first) found.abort()
  }
  try {
    await followRoom(client, { ...place, signal: found.signal }, look, () => {
      replaced = true
    })
  } finally {
    clearTimeout(timer)
  }
  return first
}
