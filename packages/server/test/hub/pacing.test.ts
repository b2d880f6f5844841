import { type Batch, MAX_WAKE_DELAY_MS } from '@poll-chat/protocol'
import { expect, it, vi } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import { Hub } from '../../src/hub/hub.ts'
import { restAfter } from '../../src/hub/pace.ts'
import { Waiter } from '../../src/hub/waiter.ts'
import { appendAll, cursor, draft, numbered, textsOf } from '../drafts.ts'
import { fakeClock } from './fake-clock.ts'

const QUESTION = { room: 'lobby', after: { index: 0 }, limit: 100, waitSeconds: 25 }

/** A waiter that keeps what it was answered, and takes its time for it. */
class Recorder extends Waiter {
  readonly batches: Batch[] = []
  readonly #onAnswer: () => void

  constructor(onAnswer: () => void = () => undefined) {
    super()
    this.#onAnswer = onAnswer
  }

  override answer(batch: Batch): void {
    this.batches.push(batch)
    this.#onAnswer()
  }

  override fail(error: unknown): void {
    throw error
  }

  get texts(): string[] {
    return this.batches.flatMap(textsOf)
  }
}

/** `costly`: from now on each answer takes so many milliseconds of the fake clock. */
function setUp() {
  const clock = fakeClock()
  const { log } = openMemory()
  const hub = new Hub(log)
  let costMs = 0
  const reader = () => new Recorder(() => clock.spend(costMs))
  const costly = (ms: number) => {
    costMs = ms
  }
  return { clock, log, hub, reader, costly }
}

it('rests in proportion to its cost, not at all for a cheap wake, and never longer than its bound', () => {
  expect([0, 0.1, 0.24].map(restAfter)).toEqual([0, 0, 0])
  expect(restAfter(2)).toBe(4 * 2)
  for (let cost = 0; cost < 100; cost += 0.1) expect(restAfter(cost)).toBeLessThanOrEqual(MAX_WAKE_DELAY_MS)
  expect(restAfter(1000)).toBe(MAX_WAKE_DELAY_MS)
})

it('a lone message wakes in the same turn, also after another, cheap one', async () => {
  const { clock, log, hub, reader } = setUp()
  const waiter = reader()
  for (const [count, text] of numbered(5).entries()) {
    hub.ask(waiter, { ...QUESTION, after: { index: count } })
    await log.append(draft('lobby', text))
    await clock.turn()
    expect(waiter.texts).toEqual(numbered(count + 1))
  }
  hub.forget(waiter)
  expect(clock.timers()).toBe(0)
})

it('after a costly wake what comes is held back for the rest of it, together, and then shown to all', async () => {
  const { clock, log, hub, reader, costly } = setUp()
  const [one, other] = [reader(), reader()]
  costly(3)
  hub.ask(one, QUESTION)
  await appendAll(log, 'lobby', ['t1'])
  await clock.turn()
  expect(one.texts).toEqual(['t1']) // and now it rests for 12 ms

  hub.ask(one, { ...QUESTION, after: cursor(one.batches[0]?.next ?? '') })
  await clock.advance(2)
  await appendAll(log, 'lobby', ['t2'])
  await clock.advance(5)
  await appendAll(log, 'lobby', ['t3'])
  hub.ask(other, { ...QUESTION, after: { index: 1 } }) // has seen all that was shown: waits with the others
  await clock.advance(4)
  expect([one.texts, other.texts, hub.waiting]).toEqual([['t1'], [], 2])
  await clock.advance(2)
  expect([one.texts, other.texts, hub.waiting]).toEqual([['t1', 't2', 't3'], ['t2', 't3'], 0])
  await clock.advance(30)
  for (const waiter of [one, other]) hub.forget(waiter)
  expect(clock.timers()).toBe(0)
})

it('who is behind the last wake is answered at once, whatever the room does', async () => {
  const { clock, log, hub, reader, costly } = setUp()
  const [first, late] = [reader(), reader()]
  costly(10)
  hub.ask(first, QUESTION)
  await appendAll(log, 'lobby', ['t1', 't2'])
  await clock.turn()
  await appendAll(log, 'lobby', ['t3'])
  hub.ask(late, { ...QUESTION, after: { index: 1 } })
  expect(late.texts).toEqual(['t2', 't3'])
})

it('who is held back and wants to wait no longer gets what there is when the time is over, and nothing on abort', async () => {
  const { clock, log, hub, reader, costly } = setUp()
  const first = reader()
  costly(10)
  await clock.advance(99) // so that a deadline comes within the rest
  hub.ask(first, QUESTION)
  await appendAll(log, 'lobby', ['t1'])
  await clock.turn()
  costly(0)
  await appendAll(log, 'lobby', ['t2'])
  const controller = new AbortController()
  const aborted = hub.next('lobby', { index: 1 }, { limit: 5, waitSeconds: 25, signal: controller.signal })
  controller.abort()
  expect(await aborted).toEqual({ messages: [], next: '1' })
  const draining = hub.next('lobby', { index: 1 }, { limit: 5, waitSeconds: 25 })
  expect(hub.waiting).toBe(1)
  const drained = hub.drain(10)
  expect(textsOf(await draining)).toEqual(['t2'])
  await clock.advance(1000)
  await drained
  hub.forget(first)
  expect([hub.waiting, clock.timers()]).toEqual([0, 0])
})

it('a burst wakes a room far less often than it has messages, and no message waits longer than its bound', async () => {
  const { clock, log, hub, reader, costly } = setUp()
  const waiter = reader()
  costly(2)
  let next = '0'
  hub.ask(waiter, QUESTION)
  for (let ms = 0; ms < 300; ms++) {
    await log.append(draft('lobby', `${ms}`))
    await clock.advance(1)
    const newest = waiter.batches.at(-1)?.next ?? '0'
    expect(ms + 1 - Number.parseInt(newest, 10)).toBeLessThanOrEqual(MAX_WAKE_DELAY_MS + 2)
    if (newest === next) continue
    next = newest
    hub.ask(waiter, { ...QUESTION, after: cursor(next) })
  }
  expect(waiter.batches.length).toBeGreaterThan(300 / (MAX_WAKE_DELAY_MS + 2))
  expect(waiter.batches.length).toBeLessThan(300 / 4)
  await clock.advance(60)
  expect(waiter.texts).toEqual(Array.from({ length: 300 }, (_, ms) => `${ms}`))
})

it('10,000 who are woken let others have their turn between them', async () => {
  const { log } = openMemory()
  const hub = new Hub(log)
  let answered = 0
  const crowd = Array.from({ length: 10_000 }, () => new Recorder(() => void answered++))
  for (const waiter of crowd) hub.ask(waiter, QUESTION)
  await log.append(draft('lobby', 'to all'))
  const seenAt: number[] = []
  for (let round = 0; answered < crowd.length; round++) {
    const other = new Recorder(() => void seenAt.push(answered))
    hub.ask(other, { ...QUESTION, room: `other ${round}` })
    await log.append(draft(`other ${round}`, 'x'))
    await new Promise((resolve) => setImmediate(resolve))
  }
  const slices = seenAt.map((count, place) => count - (seenAt[place - 1] ?? 0))
  expect(seenAt.length).toBeGreaterThan(20)
  expect(Math.max(...slices)).toBeLessThanOrEqual(500)
  for (const waiter of crowd) expect(waiter.texts).toEqual(['to all'])
  expect(hub.waiting).toBe(0)
})

it('who goes away while the others are being answered, or comes late, is neither answered twice nor forgotten', async () => {
  const { log } = openMemory()
  const hub = new Hub(log)
  const crowd = Array.from({ length: 2000 }, () => new Recorder())
  for (const waiter of crowd) hub.ask(waiter, QUESTION)
  await log.append(draft('lobby', 't1'))
  const gone = new Set<Recorder>()
  const late: Recorder[] = []
  while (crowd.some((waiter) => waiter.batches.length === 0 && !gone.has(waiter))) {
    await new Promise((resolve) => setImmediate(resolve)) // about one slice
    for (const waiter of crowd.filter((one) => one.batches.length === 0 && !gone.has(one)).slice(-20)) {
      hub.forget(waiter)
      gone.add(waiter)
    }
    const waiter = new Recorder()
    late.push(waiter)
    hub.ask(waiter, QUESTION)
  }
  expect(gone.size).toBeGreaterThan(20)
  for (const waiter of crowd) expect(waiter.texts).toEqual(gone.has(waiter) ? [] : ['t1'])
  await vi.waitFor(() => expect(hub.waiting).toBe(0))
  for (const waiter of late) expect(waiter.texts).toEqual(['t1'])
})
