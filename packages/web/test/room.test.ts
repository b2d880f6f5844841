import { cursorAfter } from '@poll-chat/protocol'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { KEPT_LINES, Room } from '../src/model/room.ts'
import { forget } from '../src/model/storage.ts'
import { batch, message, messages } from './messages.ts'

beforeEach(() => {
  forget('read.lobby')
  forget('draft.lobby')
})

const indexes = (room: Room) =>
  room.lines.value.map((line) => (line.type === 'message' ? line.message.index : line.reason))

describe('a room', () => {
  it('has every message once, in index order, in whatever order and how often they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 }), (order) => {
        const room = new Room('lobby', 'alice')
        for (const index of order) room.add([message(index)])
        expect(indexes(room)).toEqual([...new Set(order)].sort((a, b) => a - b))
      }),
    )
  })

  it('takes back what was deleted, and only in the log that is followed', () => {
    const room = new Room('lobby', 'alice')
    room.begin(batch(messages(1, 3)))
    room.erase([2, 9])
    const texts = () => room.lines.value.map((line) => (line.type === 'message' ? line.message.text : line.reason))
    expect(texts()).toEqual(['text 1', '', 'text 3'])
    expect(room.lines.value[1]).toMatchObject({ message: { index: 2, deleted: true, from: { uid: 'bob' } } })
    room.reset('diverged', '0')
    room.erase([1])
    expect(texts()).toEqual(['text 1', '', 'text 3', 'diverged'])
  })

  it('shows older pages above, and knows when there are no more', () => {
    const room = new Room('lobby', 'alice')
    room.begin(batch(messages(5, 6), { prev: cursorAfter(message(5)) }))
    expect(room.before).toBe(cursorAfter(message(5)))
    room.addOlder(batch(messages(2, 4), { prev: cursorAfter(message(2)) }))
    room.addOlder(batch(messages(1, 1)))
    expect(indexes(room)).toEqual([1, 2, 3, 4, 5, 6])
    expect(room.hasOlder.value).toBe(false)
  })

  it('knows whether its first line is the first that was said', () => {
    const room = new Room('lobby', 'alice')
    room.begin(batch(messages(5, 6), { prev: cursorAfter(message(5)) }))
    expect(room.isTrimmed.value).toBe(false)
    room.addOlder(batch(messages(3, 4), { trimmed: true }))
    expect([room.hasOlder.value, room.isTrimmed.value]).toEqual([false, true])
  })

  it('counts as read what was there at the first visit, and what comes afterwards as unread', () => {
    const room = new Room('lobby', 'alice')
    room.begin(batch(messages(1, 3)))
    expect(room.unread.value).toBe(0)
    room.take(batch([message(4), message(5, { text: 'well, @alice?' }), message(6, { uid: 'alice' })]))
    expect([room.unread.value, room.mentions.value]).toEqual([2, 1])
    room.open()
    expect(room.firstUnread.value).toBe(room.lines.value[3]?.key)
    room.markRead()
    expect(room.unread.value).toBe(0)
    expect(room.firstUnread.value).toBeDefined() // "new" stays where it was while the room is open
  })

  it('remembers on this device what was read', () => {
    const before = new Room('lobby', 'alice')
    before.begin(batch(messages(1, 3)))
    const after = new Room('lobby', 'alice')
    after.begin(batch(messages(1, 5)))
    expect(after.unread.value).toBe(2)
  })

  it('goes on from the beginning when the log was replaced, and keeps what was there above a notice', () => {
    const room = new Room('lobby', 'alice')
    room.begin(batch(messages(1, 3)))
    room.reset('diverged', '0')
    expect(room.next).toBe('0')
    room.take(batch([message(1, { id: 'other', text: 'new 1' }), message(2, { id: 'another', text: 'new 2' })]))
    expect(indexes(room)).toEqual([1, 2, 3, 'diverged', 1, 2])
    expect(new Set(room.lines.value.map(({ key }) => key)).size).toBe(6)
  })

  it('goes on behind a notice when messages were trimmed', () => {
    const room = new Room('lobby', 'alice')
    room.begin(batch(messages(1, 2)))
    room.reset('trimmed', '0')
    room.take(batch(messages(8, 9)))
    expect(indexes(room)).toEqual([1, 2, 'trimmed', 8, 9])
  })

  it('forgets the oldest of very many lines, and can fetch them again', () => {
    const room = new Room('lobby', 'alice')
    room.begin(batch(messages(1, 2 * KEPT_LINES + 1)))
    room.trim()
    expect(room.lines.value).toHaveLength(KEPT_LINES)
    expect(room.hasOlder.value).toBe(true)
    room.addOlder(batch([message(KEPT_LINES + 1)]))
    expect(indexes(room).slice(0, 2)).toEqual([KEPT_LINES + 1, KEPT_LINES + 2])
  })
})
