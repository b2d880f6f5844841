import { type Batch, type Cursor, cursorAfter, MAX_BATCH_CHARACTERS, type Message } from '@poll-chat/protocol'
import { describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/contract.ts'
import { roomInLog } from '../../src/log/room-names.ts'
import { appendAll, cursor, draft, numbered, textsOf } from '../drafts.ts'
import type { OpenEngine } from '../engines.ts'

/** What every engine promises about reading: batches, pages, heads, rooms, and cursors it cannot honour. */
export function readConformance(open: OpenEngine): void {
  it('reads what comes after a cursor, a limited batch at a time', async () => {
    const { log } = await open()
    const sent = await appendAll(log, 'lobby', numbered(5))
    const first = await log.read('lobby', { index: 0 }, 2)
    expect(textsOf(first)).toEqual(['t1', 't2'])
    expect(first.next).toBe(cursorAfter(at(sent, 1)))
    const second = await log.read('lobby', cursor(first.next), 2)
    expect(textsOf(second)).toEqual(['t3', 't4'])
    const third = await log.read('lobby', cursor(second.next), 2)
    expect(textsOf(third)).toEqual(['t5'])
    expect(await log.read('lobby', cursor(third.next), 2)).toEqual({ messages: [], next: third.next })
    expect(first).toEqual(await log.read('lobby', { index: 0 }, 2))
  })

  it('gives no more text at once than a batch may hold, and everything in the end, forwards and backwards', async () => {
    const { log } = await open()
    const half = MAX_BATCH_CHARACTERS / 2
    const texts = [half, half, 1, MAX_BATCH_CHARACTERS + 1, half, 1].map((length, i) => `${i}`.padEnd(length, 'x'))
    await appendAll(log, 'lobby', texts)
    const lengths = (batch: Batch) => batch.messages.map(({ text }) => text.length)
    const forwards: number[][] = []
    for (let after = '0'; ; ) {
      const batch = await log.read('lobby', cursor(after), 100)
      if (batch.messages.length === 0) break
      forwards.push(lengths(batch))
      after = batch.next
    }
    expect(forwards).toEqual([[half, half], [1], [MAX_BATCH_CHARACTERS + 1], [half, 1]])
    const backwards: number[][] = []
    for (let before: Cursor | undefined; ; ) {
      const page = await log.page('lobby', 100, before)
      backwards.unshift(lengths(page))
      if (!page.prev) break
      before = cursor(page.prev)
    }
    expect(backwards).toEqual([[half], [half, 1], [MAX_BATCH_CHARACTERS + 1], [half, 1]])
  })

  it('goes on from a bare index, and completes its check', async () => {
    const { log } = await open()
    const sent = await appendAll(log, 'lobby', numbered(3))
    expect(textsOf(await log.read('lobby', { index: at(sent, 0).index }, 10))).toEqual(['t2', 't3'])
    expect(await log.read('lobby', { index: at(sent, 2).index }, 10)).toEqual({
      messages: [],
      next: cursorAfter(at(sent, 2)),
    })
  })

  it('reads a room that has nothing as empty', async () => {
    const { log } = await open()
    expect(await log.read('empty', { index: 0 }, 10)).toEqual({ messages: [], next: '0' })
    expect(await log.page('empty', 10)).toEqual({ messages: [], next: '0' })
    expect(await log.head('empty')).toEqual({ index: 0 })
    expect(await log.rooms(10)).toEqual([])
  })

  it('finds what was sent after an empty read', async () => {
    const { log } = await open()
    await log.read('lobby', { index: 0 }, 10)
    await appendAll(log, 'lobby', ['x', 'y'])
    expect(textsOf(await log.read('lobby', { index: 0 }, 10))).toEqual(['x', 'y'])
  })

  it('finds every message that is sent while the room is being read for the first time', async () => {
    const { log } = await open()
    const texts = numbered(60)
    const appending: Promise<unknown>[] = []
    const reading: Promise<unknown>[] = []
    for (const text of texts) {
      appending.push(log.append(draft('lobby', text)))
      reading.push(Promise.resolve(log.read('lobby', { index: 0 }, 100)))
      if (appending.length % 7 === 0) await appending.at(-1)
    }
    await Promise.all([...appending, ...reading])
    expect(textsOf(await log.read('lobby', { index: 0 }, 100))).toEqual(texts)
  })

  it('pages backwards through history, to its beginning', async () => {
    const { log } = await open()
    const sent = await appendAll(log, 'lobby', numbered(5))
    const newest = await log.page('lobby', 2)
    expect(newest).toEqual({ messages: sent.slice(3), next: cursorAfter(at(sent, 4)), prev: cursorAfter(at(sent, 3)) })
    const middle = await log.page('lobby', 2, cursor(newest.prev ?? ''))
    expect(textsOf(middle)).toEqual(['t2', 't3'])
    expect(middle.next).toBe(cursorAfter(at(sent, 2)))
    const oldest = await log.page('lobby', 2, cursor(middle.prev ?? ''))
    expect(oldest).toEqual({ messages: sent.slice(0, 1), next: cursorAfter(at(sent, 0)) })
    expect(await log.page('lobby', 5)).not.toHaveProperty('prev')
    expect(textsOf(await log.page('lobby', 2, { index: at(sent, 2).index }))).toEqual(['t1', 't2'])
  })

  it('pages before the first message as nothing', async () => {
    const { log } = await open()
    const sent = await appendAll(log, 'lobby', ['x'])
    expect((await log.page('lobby', 2, { index: 0 })).messages).toEqual([])
    expect((await log.page('lobby', 2, cursor(cursorAfter(at(sent, 0))))).messages).toEqual([])
  })

  it('knows the head of a room', async () => {
    const { log } = await open()
    const sent = await appendAll(log, 'lobby', numbered(3))
    expect(await log.head('lobby')).toEqual(cursor(cursorAfter(at(sent, 2))))
  })

  it('keeps private rooms apart, lists none, and finds nothing in them unless one is named', async () => {
    const { log, search } = await open()
    const rooms = ['lobby', roomInLog('lobby', 'one-key!'), roomInLog('lobby', 'another-key')]
    for (const room of rooms) await log.append(draft(room, `hello ${room}`, 'same-id'))
    for (const room of rooms) expect(textsOf(await log.read(room, { index: 0 }, 10))).toEqual([`hello ${room}`])
    expect((await log.rooms(1)).map(({ room }) => room)).toEqual(['lobby'])
    expect((await log.rooms(10)).map(({ room }) => room)).toEqual(['lobby'])
    if (!search) return
    const find = async (room: string | undefined, limit = 10) => {
      const terms = [{ words: 'hello', begins: true }]
      return textsOf(await search.find({ terms, room, uid: undefined, before: undefined, limit }))
    }
    expect(await find(undefined)).toEqual(['hello lobby'])
    expect(await find(undefined, 1)).toEqual(['hello lobby'])
    for (const room of rooms) expect(await find(room)).toEqual([`hello ${room}`])
  })

  it('lists rooms, most recently active first', async () => {
    const { log } = await open()
    for (const room of ['a', 'b', 'c', 'a']) {
      await log.append(draft(room, 'x'))
      await nextMillisecond()
    }
    const rooms = await log.rooms(10)
    expect(rooms.map(({ room }) => room)).toEqual(['a', 'c', 'b'])
    const { messages, next } = await log.page('a', 1)
    expect(rooms[0]).toEqual({ room: 'a', newest: next, at: messages[0]?.at })
    expect(await log.rooms(1)).toEqual(rooms.slice(0, 1))
  })

  describe('cursors it cannot honour', () => {
    const readers: readonly [string, (log: Log, wire: string) => Promise<unknown>][] = [
      ['read', async (log, wire) => log.read('lobby', cursor(wire), 10)],
      ['page', (log, wire) => log.page('lobby', 10, cursor(wire))],
    ]
    for (const [name, read] of readers) {
      it(`${name}: a cursor after the head is ahead, with or without check`, async () => {
        const { log } = await open()
        const newest = cursorAfter(at(await appendAll(log, 'lobby', numbered(3)), 2))
        for (const wire of ['4', '4~00000000', '999999999999999'])
          await expect(read(log, wire)).rejects.toMatchObject({
            code: 'cursor-reset',
            reason: 'ahead',
            oldest: '0',
            newest,
          })
      })

      it(`${name}: the check of another message is diverged`, async () => {
        const { log } = await open()
        const sent = await appendAll(log, 'lobby', numbered(3))
        const newest = cursorAfter(at(sent, 2))
        const foreign = newest.split('~')[1]
        for (const { index } of sent.slice(0, 2))
          await expect(read(log, `${index}~${foreign}`)).rejects.toMatchObject({
            reason: 'diverged',
            oldest: '0',
            newest,
          })
      })

      it(`${name}: any cursor but 0 is ahead in a room that has nothing`, async () => {
        const { log } = await open()
        await expect(read(log, '1')).rejects.toMatchObject({ reason: 'ahead', oldest: '0', newest: '0' })
        await expect(read(log, '7~01234567')).rejects.toMatchObject({ reason: 'ahead', oldest: '0', newest: '0' })
      })
    }
  })
}

function at(messages: readonly Message[], place: number): Message {
  const message = messages[place]
  if (!message) throw new Error(`There is no message ${place}.`)
  return message
}

/** Rooms are ordered by time, to the millisecond. */
async function nextMillisecond(): Promise<void> {
  for (const now = Date.now(); Date.now() === now; ) await new Promise(setImmediate)
}
