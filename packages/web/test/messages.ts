import { type Batch, cursorAfter, type Message } from '@poll-chat/protocol'

/** Message number `index` of a room, said by bob unless told otherwise. */
export function message(index: number, more: Partial<Message> & { uid?: string } = {}): Message {
  const { uid = 'bob', ...rest } = more
  const at = new Date(Date.UTC(2026, 10, 22, 12, 0, index)).toISOString()
  return { index, id: `id-${index}`, room: 'lobby', from: { uid, verified: false }, text: `text ${index}`, at, ...rest }
}

export function messages(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, i) => message(from + i))
}

export function batch(list: Message[], more: Partial<Batch> = {}): Batch {
  const last = list.at(-1)
  return { messages: list, next: last ? cursorAfter(last) : '0', ...more }
}
