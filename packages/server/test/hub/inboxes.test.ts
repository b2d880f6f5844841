import { type Batch, type Cursor, formatCursor } from '@poll-chat/protocol'
import { describe, expect, it, vi } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import { Hub } from '../../src/hub/hub.ts'
import { Inboxes } from '../../src/hub/inboxes.ts'
import type { Engine, Store } from '../../src/log/contract.ts'
import { appendAll, cursor, draft, numbered, textsOf } from '../drafts.ts'
import { fakeClock } from './fake-clock.ts'

const ALICE = { room: 'lobby', uid: 'alice' }
const NOW = { limit: 100, waitSeconds: 0 }
const WAIT = { limit: 100, waitSeconds: 25 }

function setUp({ log, store }: Engine = openMemory()) {
  const lost = vi.fn<(error: unknown) => void>()
  const hub = new Hub(log)
  const inboxes = new Inboxes(log, store, hub, lost)
  return { log, store, hub, inboxes, lost, place: async () => (await store.get('inbox/lobby/alice'))?.value }
}

/** A log of `t1` … and the cursor after each; `cursors[0]` is the start. */
async function setUpRoom(count: number) {
  const parts = setUp()
  await appendAll(parts.log, 'lobby', numbered(count))
  const cursors: Cursor[] = [{ index: 0 }]
  for (let place = 1; place <= count; place++) {
    cursors.push(cursor((await parts.log.read('lobby', { index: 0 }, place)).next))
  }
  const at = (place: number): Cursor => {
    const found = cursors[place]
    if (!found) throw new Error(`There is no cursor ${place}.`)
    return found
  }
  return { ...parts, at }
}

describe('an inbox', () => {
  it('opens at the head: what was before is not unread', async () => {
    const { log, inboxes } = await setUpRoom(3)
    expect((await inboxes.next(ALICE, undefined, NOW)).messages).toEqual([])
    await appendAll(log, 'lobby', ['new'])
    expect(textsOf(await inboxes.next(ALICE, undefined, NOW))).toEqual(['new'])
  })

  it('opens in a room that has nothing, and has what comes then', async () => {
    const { log, inboxes } = setUp()
    await inboxes.open(ALICE)
    await appendAll(log, 'lobby', ['new'])
    expect(textsOf(await inboxes.next(ALICE, undefined, NOW))).toEqual(['new'])
  })

  it('opens at an acknowledgement that is given', async () => {
    const { inboxes, at } = await setUpRoom(3)
    expect(textsOf(await inboxes.next(ALICE, at(1), NOW))).toEqual(['t2', 't3'])
    expect(textsOf(await inboxes.next(ALICE, undefined, NOW))).toEqual(['t2', 't3'])
  })

  it('is one of a uid in a room', async () => {
    const { inboxes, at, log } = await setUpRoom(2)
    await log.append(draft('other', 'o1'))
    await inboxes.next(ALICE, at(1), NOW)
    expect(textsOf(await inboxes.next({ room: 'lobby', uid: 'bob' }, at(0), NOW))).toEqual(['t1', 't2'])
    expect(textsOf(await inboxes.next({ room: 'other', uid: 'alice' }, at(0), NOW))).toEqual(['o1'])
    expect(textsOf(await inboxes.next(ALICE, undefined, NOW))).toEqual(['t2'])
  })

  it('keeps its place when it is opened again', async () => {
    const { inboxes, at } = await setUpRoom(3)
    await inboxes.next(ALICE, at(1), NOW)
    await inboxes.open(ALICE)
    expect(textsOf(await inboxes.next(ALICE, undefined, NOW))).toEqual(['t2', 't3'])
  })

  it('gives the same batch until it is acknowledged, and then what follows', async () => {
    const { inboxes, at } = await setUpRoom(4)
    const first = await inboxes.next(ALICE, at(0), { ...NOW, limit: 2 })
    expect(textsOf(first)).toEqual(['t1', 't2'])
    for (const ack of [undefined, at(0)]) expect(await inboxes.next(ALICE, ack, { ...NOW, limit: 2 })).toEqual(first)
    expect(textsOf(await inboxes.next(ALICE, cursor(first.next), NOW))).toEqual(['t3', 't4'])
    expect(textsOf(await inboxes.next(ALICE, undefined, NOW))).toEqual(['t3', 't4'])
  })

  it('never moves back', async () => {
    const { inboxes, at, place } = await setUpRoom(4)
    await inboxes.next(ALICE, at(3), NOW)
    expect(textsOf(await inboxes.next(ALICE, at(1), NOW))).toEqual(['t4'])
    expect(await place()).toBe(formatCursor(at(3)))
  })

  it('waits for what comes', async () => {
    const clock = fakeClock()
    const { log, hub, inboxes } = setUp()
    const poll = inboxes.next(ALICE, undefined, WAIT)
    await clock.advance(10_000)
    expect(hub.waiting).toBe(1)
    await log.append(draft('lobby', 'x'))
    await clock.turn()
    expect(textsOf(await poll)).toEqual(['x'])
    expect([hub.waiting, clock.timers()]).toEqual([0, 0])
  })

  it('is freed when its signal aborts', async () => {
    const clock = fakeClock()
    const { hub, inboxes } = setUp()
    const controller = new AbortController()
    const poll = inboxes.next(ALICE, undefined, { ...WAIT, signal: controller.signal })
    await clock.turn()
    controller.abort()
    expect(await poll).toEqual({ messages: [], next: '0' })
    expect([hub.waiting, clock.timers()]).toEqual([0, 0])
  })
})

describe('a newer poll', () => {
  it('ends the older one at once, empty and marked', async () => {
    const clock = fakeClock()
    const { log, hub, inboxes } = setUp()
    const older = inboxes.next(ALICE, undefined, WAIT)
    await clock.turn()
    const newer = inboxes.next(ALICE, undefined, WAIT)
    const elsewhere = inboxes.next({ ...ALICE, uid: 'bob' }, undefined, WAIT)
    expect(await older).toEqual({ messages: [], next: '0', superseded: true })
    await clock.turn()
    expect(hub.waiting).toBe(2)
    await log.append(draft('lobby', 'x'))
    await clock.turn()
    for (const poll of [newer, elsewhere]) {
      expect(textsOf(await poll)).toEqual(['x'])
      expect(await poll).not.toHaveProperty('superseded')
    }
    expect(hub.waiting).toBe(0)
  })

  it('ends all that came at the same moment but one', async () => {
    const clock = fakeClock()
    const { log, inboxes } = setUp()
    const polls = numbered(5).map(() => inboxes.next(ALICE, undefined, WAIT))
    await clock.turn()
    await log.append(draft('lobby', 'x'))
    await clock.turn()
    const batches: Batch[] = await Promise.all(polls)
    expect(batches.map(({ superseded }) => superseded === true)).toEqual([true, true, true, true, false])
  })
})

describe('acknowledgements that race', () => {
  it('end at the furthest, in whichever order they are stored', async () => {
    for (const order of [
      [1, 4, 2],
      [4, 1, 2],
      [2, 1, 4],
    ]) {
      const { inboxes, at, place, lost } = await setUpRoom(5)
      await inboxes.next(ALICE, at(0), NOW)
      await Promise.all(order.map((ack) => inboxes.acknowledge(ALICE, formatCursor(at(ack)))))
      await vi.waitFor(async () => expect(await place()).toBe(formatCursor(at(4))))
      expect(lost).not.toHaveBeenCalled()
    }
  })

  it('open an inbox once, at one of them or further', async () => {
    const { inboxes, at, place } = await setUpRoom(5)
    await Promise.all([4, 2].map((ack) => inboxes.acknowledge(ALICE, formatCursor(at(ack)))))
    await vi.waitFor(async () => expect(await place()).toBe(formatCursor(at(4))))
  })
})

describe('a place that the log cannot honour', () => {
  const foreign = [
    ['ahead', '9~01234567'],
    ['of another history', '2~01234567'],
  ] as const
  for (const [kind, stored] of foreign) {
    it(`(${kind}) is a reset without an acknowledgement, and is replaced by one`, async () => {
      for (const ack of [0, 1, 2, 3]) {
        const { inboxes, store, at, place } = await setUpRoom(3)
        await store.put('inbox/lobby/alice', stored)
        await expect(inboxes.next(ALICE, undefined, NOW)).rejects.toMatchObject({ code: 'cursor-reset' })
        expect(textsOf(await inboxes.next(ALICE, at(ack), NOW))).toEqual(numbered(3).slice(ack))
        expect(textsOf(await inboxes.next(ALICE, undefined, NOW))).toEqual(numbered(3).slice(ack))
        expect(await place()).toBe(formatCursor(at(ack)))
      }
    })
  }

  it('is kept when the acknowledgement cannot be honoured either', async () => {
    const { inboxes, store, place } = await setUpRoom(3)
    await store.put('inbox/lobby/alice', '2~01234567')
    for (const ack of ['2~01234567', '1~01234567', '3~01234567', '9'])
      await expect(inboxes.next(ALICE, cursor(ack), NOW)).rejects.toMatchObject({ code: 'cursor-reset' })
    expect(await place()).toBe('2~01234567')
  })
})

describe('an acknowledgement', () => {
  it('that cannot be honoured opens and moves nothing', async () => {
    const { inboxes, at, place } = await setUpRoom(3)
    await expect(inboxes.next(ALICE, { index: 9 }, NOW)).rejects.toMatchObject({ reason: 'ahead' })
    expect(await place()).toBeUndefined()
    await inboxes.next(ALICE, at(1), NOW)
    await expect(inboxes.next(ALICE, { index: 3, check: '01234567' }, NOW)).rejects.toMatchObject({
      reason: 'diverged',
    })
    expect(await place()).toBe(formatCursor(at(1)))
  })

  it('of another history is a reset, also at the place or before it', async () => {
    const { inboxes, at, place } = await setUpRoom(3)
    await inboxes.next(ALICE, at(3), NOW)
    for (const index of [2, 3])
      await expect(inboxes.next(ALICE, { index, check: '01234567' }, NOW)).rejects.toMatchObject({ reason: 'diverged' })
    expect((await inboxes.next(ALICE, at(2), NOW)).messages).toEqual([])
    expect(await place()).toBe(formatCursor(at(3)))
  })

  it('that cannot be stored is reported, and its poll is answered nevertheless', async () => {
    const { log, store } = openMemory()
    await appendAll(log, 'lobby', numbered(3))
    const failure = new Error('disk full')
    let broken = false
    const failing: Store = {
      get: (key) => store.get(key),
      put: (key, value, options) => (broken ? Promise.reject(failure) : store.put(key, value, options)),
      delete: (key) => store.delete(key),
      list: (prefix) => store.list(prefix),
      watch: (prefix, listener) => store.watch(prefix, listener),
    }
    const { inboxes, lost } = setUp({ log, store: failing })
    await inboxes.next(ALICE, { index: 0 }, NOW)
    broken = true
    expect(textsOf(await inboxes.next(ALICE, { index: 2 }, NOW))).toEqual(['t3'])
    await vi.waitFor(() => expect(lost).toHaveBeenCalledExactlyOnceWith(failure))
    expect(textsOf(await inboxes.next(ALICE, undefined, NOW))).toEqual(['t1', 't2', 't3'])
  })
})
