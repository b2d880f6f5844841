import {
  type Batch,
  type Cursor,
  cursorAfter,
  formatCursor,
  MAX_BATCH_CHARACTERS,
  type Message,
} from '@poll-chat/protocol'
import { isPrivate, plainMessage } from './room-names.ts'

/** The answer to "what comes after this cursor?". `after` has been honoured. */
export function batchAfter(after: Cursor, messages: readonly Message[]): Batch {
  const last = messages.at(-1)
  return { messages, next: last ? cursorAfter(last) : formatCursor(after) }
}

/** As many messages as one batch may hold, from the first on and at least that. `more`: whether some are left. */
export function fill(messages: Iterable<Message>, limit: number): { messages: Message[]; more: boolean } {
  const taken: Message[] = []
  let characters = 0
  for (const message of messages) {
    characters += message.text.length
    const isFull = taken.length === limit || (characters > MAX_BATCH_CHARACTERS && taken.length > 0)
    if (isFull) return { messages: taken, more: true }
    taken.push(message)
  }
  return { messages: taken, more: false }
}

/** A page of history; `older` says whether something precedes it. `empty` is the place that it has without messages. */
export function pageOf(messages: readonly Message[], older: boolean, empty: Cursor): Batch {
  const first = messages[0]
  const batch = batchAfter(empty, messages)
  return first && older ? { ...batch, prev: cursorAfter(first) } : batch
}

/** The same batch, and whether something before it is no longer kept. */
export function asTrimmed(batch: Batch, isTrimmed: boolean): Batch {
  return isTrimmed ? { ...batch, trimmed: true } : batch
}

const serialised = new WeakMap<Batch, string>()

/** A batch of one room as JSON for its readers. All who were given the same one share one serialisation. */
export function batchJson(batch: Batch): string {
  let json = serialised.get(batch)
  if (json === undefined) {
    const [first] = batch.messages
    const isOfPrivate = first !== undefined && isPrivate(first.room)
    json = JSON.stringify(isOfPrivate ? { ...batch, messages: batch.messages.map(plainMessage) } : batch)
    serialised.set(batch, json)
  }
  return json
}
