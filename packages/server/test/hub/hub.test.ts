import { getEventListeners } from 'node:events'
import { type Batch, MAX_WAITERS } from '@poll-chat/protocol'
import { describe, expect, it, vi } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import { Hub } from '../../src/hub/hub.ts'
import { batchJson } from '../../src/log/batch.ts'
import { appendAll, cursor, draft, numbered, textsOf } from '../drafts.ts'
import { asynchronousLog } from './asynchronous-log.ts'
import { fakeClock } from './fake-clock.ts'

const FROM_START = { index: 0 }
const WAIT = { limit: 100, waitSeconds: 25 }

function setUp() {
  const clock = fakeClock()
  const { log } = openMemory()
  return { clock, log, hub: new Hub(log) }
}

/** Follows a poll without waiting for it. */
function watchPoll(poll: Promise<Batch>): { batch: Batch | undefined } {
  const state: { batch: Batch | undefined } = { batch: undefined }
  void poll.then((batch) => {
    state.batch = batch
  })
  return state
}

describe('a poll', () => {
  it('answers at once when there is something, and leaves no timer', async () => {
    const { clock, log, hub } = setUp()
    await appendAll(log, 'lobby', ['x'])
    await clock.turn()
    expect(textsOf(await hub.next('lobby', FROM_START, WAIT))).toEqual(['x'])
    expect([hub.waiting, clock.timers()]).toEqual([0, 0])
  })

  it('answers when a message arrives in its room, not in another', async () => {
    const { clock, log, hub } = setUp()
    const poll = watchPoll(hub.next('lobby', FROM_START, WAIT))
    await clock.advance(5000)
    await log.append(draft('elsewhere', 'no'))
    await clock.advance(5000)
    expect([poll.batch, hub.waiting]).toEqual([undefined, 1])
    await log.append(draft('lobby', 'yes'))
    await clock.turn()
    expect(textsOf(poll.batch ?? { messages: [] })).toEqual(['yes'])
    expect([hub.waiting, clock.timers()]).toEqual([0, 0])
  })

  it('answers once for all messages of one turn, up to its limit', async () => {
    const { clock, log, hub } = setUp()
    const all = watchPoll(hub.next('lobby', FROM_START, WAIT))
    const two = watchPoll(hub.next('lobby', FROM_START, { ...WAIT, limit: 2 }))
    await appendAll(log, 'lobby', numbered(3))
    await clock.turn()
    expect(textsOf(all.batch ?? { messages: [] })).toEqual(['t1', 't2', 't3'])
    expect(textsOf(two.batch ?? { messages: [] })).toEqual(['t1', 't2'])
  })

  it('answers empty when its time is over, never before it and less than 200 ms after', async () => {
    const { clock, log, hub } = setUp()
    const [last] = await appendAll(log, 'lobby', ['x'])
    for (const offset of [0, 1, 37, 99]) {
      await clock.advance(offset)
      const poll = watchPoll(hub.next('lobby', { index: last?.index ?? 0 }, { ...WAIT, waitSeconds: 1.5 }))
      await clock.advance(1499)
      expect(poll.batch).toBeUndefined()
      await clock.advance(200)
      expect(poll.batch).toEqual({ messages: [], next: (await hub.next('lobby', { index: 1 }, WAIT_NOT)).next })
      expect([hub.waiting, clock.timers()]).toEqual([0, 0])
    }
  })

  it('answers empty as soon as its signal aborts, and is forgotten at once', async () => {
    const { clock, hub } = setUp()
    const controller = new AbortController()
    const poll = watchPoll(hub.next('lobby', FROM_START, { ...WAIT, signal: controller.signal }))
    await clock.advance(1000)
    expect(hub.waiting).toBe(1)
    controller.abort()
    await clock.turn()
    expect(poll.batch).toEqual({ messages: [], next: '0' })
    expect([hub.waiting, clock.timers()]).toEqual([0, 0])
  })

  it('leaves nothing on a signal that goes on', async () => {
    const { clock, log, hub } = setUp()
    const { signal } = new AbortController()
    const poll = hub.next('lobby', FROM_START, { ...WAIT, signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await log.append(draft('lobby', 'x'))
    await clock.turn()
    await poll
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('that was aborted before it began does not wait', async () => {
    const { clock, hub } = setUp()
    expect(await hub.next('lobby', FROM_START, { ...WAIT, signal: AbortSignal.abort() })).toEqual(EMPTY)
    expect(clock.timers()).toBe(0)
  })

  it('fails with a cursor that the log cannot honour, and leaves nothing', async () => {
    const { clock, hub } = setUp()
    await expect(hub.next('lobby', { index: 3 }, WAIT)).rejects.toMatchObject({ reason: 'ahead' })
    expect([hub.waiting, clock.timers()]).toEqual([0, 0])
  })

  it('with too many waiters does not wait, but reads', async () => {
    const { clock, log, hub } = setUp()
    const waiting = Array.from({ length: MAX_WAITERS }, () => hub.next('lobby', FROM_START, WAIT))
    expect(hub.waiting).toBe(MAX_WAITERS)
    expect(await hub.next('lobby', FROM_START, WAIT)).toEqual({ ...EMPTY, retry_after_ms: expect.any(Number) })
    await log.append(draft('other', 'x'))
    expect(textsOf(await hub.next('other', FROM_START, WAIT))).toEqual(['x'])
    await clock.advance(26_000)
    expect(await Promise.all(waiting)).toHaveLength(MAX_WAITERS)
    expect([hub.waiting, clock.timers()]).toEqual([0, 0])
  })
})

describe('many polls', () => {
  it('share one timer', async () => {
    const { clock, hub } = setUp()
    const polls = numbered(200).map((_, i) => hub.next(`room${i}`, FROM_START, { ...WAIT, waitSeconds: 1 + (i % 50) }))
    expect(clock.timers()).toBe(1)
    await clock.advance(50_200)
    expect(await Promise.all(polls)).toHaveLength(200)
    expect(clock.timers()).toBe(0)
  })

  it('at one cursor share one batch, which is serialised once', async () => {
    const { clock, log, hub } = setUp()
    const polls = [1, 2, 3].map(() => hub.next('lobby', FROM_START, WAIT))
    const read = vi.spyOn(log, 'read')
    await appendAll(log, 'lobby', ['x'])
    await clock.turn()
    const batches = await Promise.all(polls)
    expect(new Set(batches).size).toBe(1)
    expect(read).toHaveBeenCalledTimes(1)
    const stringify = vi.spyOn(JSON, 'stringify')
    const jsons = batches.map(batchJson)
    expect(stringify).toHaveBeenCalledTimes(1)
    stringify.mockRestore()
    expect(new Set(jsons).size).toBe(1)
  })

  it('at different cursors each get their own', async () => {
    const { clock, log, hub } = setUp()
    const [first] = await appendAll(log, 'lobby', ['x'])
    const page = await log.page('lobby', 1)
    const bare = hub.next('lobby', { index: first?.index ?? 0 }, WAIT)
    const checked = hub.next('lobby', cursor(page.next), WAIT)
    await appendAll(log, 'lobby', ['y'])
    await clock.turn()
    expect((await Promise.all([bare, checked])).map(textsOf)).toEqual([['y'], ['y']])
  })
})

describe('a log that answers later', () => {
  it('loses no message that arrives between the read and the parking', async () => {
    const clock = fakeClock()
    const { log, release } = asynchronousLog()
    const hub = new Hub(log)
    const poll = watchPoll(hub.next('lobby', FROM_START, WAIT))
    await clock.turn() // the read has seen nothing, and has not said so yet
    await log.append(draft('lobby', 'x'))
    for (let turn = 0; turn < 4; turn++) {
      release()
      await clock.turn()
    }
    expect(textsOf(poll.batch ?? { messages: [] })).toEqual(['x'])
    expect([hub.waiting, clock.timers()]).toEqual([0, 0])
  })

  it('that fails both reads of a poll leaves no rejection behind', async () => {
    const clock = fakeClock()
    const { log, release, heldReads } = asynchronousLog()
    await log.append(draft('lobby', 'x'))
    const hub = new Hub(log)
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const poll = expect(hub.next('lobby', { index: 1, check: '00000000' }, WAIT)).rejects.toMatchObject({
      reason: 'diverged',
    })
    await log.append(draft('lobby', 'y'))
    await clock.turn()
    expect(heldReads()).toBe(2)
    release()
    await poll
    vi.useRealTimers()
    await new Promise(setImmediate)
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
    expect(hub.waiting).toBe(0)
  })
})

describe('draining', () => {
  it('answers all waiters, spread over the time, and lets nobody wait any more', async () => {
    const { clock, log, hub } = setUp()
    const polls = numbered(40).map((room) => watchPoll(hub.next(room, FROM_START, WAIT)))
    const answered = () => polls.filter(({ batch }) => batch).length
    const drained = hub.drain(1000)
    expect(hub.draining).toBe(true)
    await clock.advance(500)
    expect(answered()).toBeGreaterThanOrEqual(18)
    expect(answered()).toBeLessThanOrEqual(24)
    await clock.advance(500)
    await drained
    expect(answered()).toBe(40)
    for (const { batch } of polls) expect(batch).toEqual(EMPTY)
    expect(await hub.next('lobby', FROM_START, WAIT)).toEqual(EMPTY)
    await log.append(draft('lobby', 'x'))
    expect(textsOf(await hub.next('lobby', FROM_START, WAIT))).toEqual(['x'])
    expect([hub.waiting, clock.timers()]).toEqual([0, 0])
  })

  it('takes no time when nobody waits', async () => {
    const { clock, hub } = setUp()
    await hub.drain(1000)
    expect(clock.timers()).toBe(0)
  })
})

const EMPTY: Batch = { messages: [], next: '0' }
const WAIT_NOT = { limit: 100, waitSeconds: 0 }
