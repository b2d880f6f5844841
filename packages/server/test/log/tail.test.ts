import { type Batch, cursorAfter } from '@poll-chat/protocol'
import { describe, expect, it, vi } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import type { Log } from '../../src/log/contract.ts'
import { withTail } from '../../src/log/tail.ts'
import { appendAll, cursor, draft, numbered, textsOf } from '../drafts.ts'

const FROM_START = { index: 0 }

function setUp() {
  const { log: engine } = openMemory()
  return { engine, reads: vi.spyOn(engine, 'read'), pages: vi.spyOn(engine, 'page'), log: withTail(engine) }
}

/** Everything, a batch at a time. */
async function readAll(log: Log, room: string, limit: number): Promise<string[]> {
  const texts: string[] = []
  for (let batch: Batch, next = '0'; ; next = batch.next) {
    batch = await log.read(room, cursor(next), limit)
    if (batch.messages.length === 0) return texts
    texts.push(...textsOf(batch))
  }
}

describe('the tail', () => {
  it('asks the engine once for a room, however many ask at once, and answers from then on at once', async () => {
    const { log, engine, reads, pages } = setUp()
    await appendAll(engine, 'lobby', numbered(3))
    await Promise.all([1, 2, 3].map(() => log.read('lobby', FROM_START, 10)))
    await log.append(draft('lobby', 't4'))
    const batch = log.read('lobby', FROM_START, 10)
    expect(batch).not.toBeInstanceOf(Promise)
    expect(textsOf(await batch)).toEqual(numbered(4))
    expect([pages.mock.calls.length, reads.mock.calls.length]).toEqual([1, 0])
  })

  it('leaves to the engine what is older than it keeps, and loses nothing on the way', async () => {
    const { log, engine, reads } = setUp()
    await appendAll(engine, 'lobby', numbered(700))
    await log.read('lobby', { index: 700 }, 10)
    await appendAll(log, 'lobby', ['t701'])
    expect(await readAll(log, 'lobby', 7)).toEqual(numbered(701))
    expect(reads).toHaveBeenCalled()
    reads.mockClear()
    expect(await readAll(log, 'lobby', 7)).toHaveLength(701)
    expect(reads.mock.calls.length).toBeLessThan(40)
  })

  it('has in its place what was deleted before it was announced here, so that its cursor is one to go on from', async () => {
    const { log: engine } = openMemory()
    let isDeaf = false
    const watch = engine.watch.bind(engine)
    vi.spyOn(engine, 'watch').mockImplementation((listener) => watch((messages) => isDeaf || listener(messages)))
    const log = withTail(engine)
    await appendAll(log, 'lobby', numbered(2))
    await log.read('lobby', FROM_START, 10)
    isDeaf = true
    const [third] = await appendAll(engine, 'lobby', ['t3'])
    isDeaf = false
    await appendAll(log, 'lobby', ['t4'])
    const left = await log.remove('lobby', third?.index ?? 0)
    expect((await log.read('lobby', { index: 1 }, 10)).messages.map(({ index }) => index)).toEqual([2, 3, 4])
    expect((await log.read('lobby', { index: 2 }, 1)).messages).toEqual([left])
    expect(textsOf(await log.read('lobby', cursor(third ? cursorAfter(third) : '0'), 10))).toEqual(['t4'])
  })

  it('forgets its oldest as it grows, by count and by size, and never the newest', async () => {
    const { log, reads } = setUp()
    await log.read('many', FROM_START, 1)
    await appendAll(log, 'many', numbered(600))
    expect(await readAll(log, 'many', 50)).toEqual(numbered(600))
    expect(reads).toHaveBeenCalledWith('many', FROM_START, 50)

    await log.read('large', FROM_START, 1)
    const large = numbered(20).map((text) => text.padEnd(16_000))
    await appendAll(log, 'large', large)
    expect(await readAll(log, 'large', 3)).toEqual(large)
    expect(reads).toHaveBeenCalledWith('large', FROM_START, 3)
    reads.mockClear()
    expect(textsOf(await log.read('large', { index: 18 }, 3))).toEqual(large.slice(18))
    expect(reads).not.toHaveBeenCalled()
  })

  it('keeps 1000 rooms: the one that was unread for longest goes first, and comes back whole', async () => {
    const { log, pages } = setUp()
    await appendAll(log, 'first', ['x'])
    await log.read('first', FROM_START, 1)
    await log.read('second', FROM_START, 1)
    for (let room = 0; room < 998; room++) await log.read(`room${room}`, FROM_START, 1)
    await log.read('first', FROM_START, 1)
    await log.read('one more', FROM_START, 1)
    pages.mockClear()
    await log.read('first', FROM_START, 1)
    expect(pages).not.toHaveBeenCalled()
    await appendAll(log, 'second', ['y'])
    expect(textsOf(await log.read('second', FROM_START, 1))).toEqual(['y'])
    expect(pages).toHaveBeenCalledTimes(1)
  })

  it('asks again when the engine could not answer', async () => {
    const { log, pages } = setUp()
    await appendAll(log, 'lobby', ['x'])
    pages.mockRejectedValueOnce(new Error('disk'))
    await expect(log.read('lobby', FROM_START, 1)).rejects.toThrow('disk')
    expect(textsOf(await log.read('lobby', FROM_START, 1))).toEqual(['x'])
  })

  it('gives the same batch to all who ask alike, and keeps few of those that are large', async () => {
    const { log } = setUp()
    await log.read('lobby', FROM_START, 1)
    await appendAll(
      log,
      'lobby',
      numbered(60).map((text) => text.padEnd(1_000)),
    )
    const first = await log.read('lobby', FROM_START, 60)
    expect(await log.read('lobby', FROM_START, 60)).toBe(first)
    for (let limit = 59; limit > 50; limit--) await log.read('lobby', FROM_START, limit)
    expect(await log.read('lobby', FROM_START, 60)).not.toBe(first)
  })
})
