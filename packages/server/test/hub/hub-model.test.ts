/** The hub under random schedules, against what its contract says. 10^5 steps in all. */
import type { Batch } from '@poll-chat/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import { Hub } from '../../src/hub/hub.ts'
import type { Log } from '../../src/log/contract.ts'
import { withTail } from '../../src/log/tail.ts'
import { cursor, draft } from '../drafts.ts'
import { asynchronousLog } from './asynchronous-log.ts'
import { fakeClock } from './fake-clock.ts'

type Step =
  | { name: 'send'; room: number; count: number }
  | { name: 'poll'; reader: number; waitMs: number; limit: number }
  | { name: 'abort'; reader: number }
  | { name: 'pass'; ms: number }
  | { name: 'turn' }
  | { name: 'release' }
  | { name: 'cost'; ms: number }

const READERS = 6
const room = fc.nat(1)
const reader = fc.nat(READERS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ name: fc.constant('send'), room, count: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      name: fc.constant('poll'),
      reader,
      waitMs: fc.constantFrom(0, 1, 50, 100, 250, 1000, 55_000),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('abort'), reader }) },
  { weight: 2, arbitrary: fc.record({ name: fc.constant('pass'), ms: fc.constantFrom(1, 7, 99, 100, 101, 950) }) },
  { weight: 3, arbitrary: fc.record({ name: fc.constant('turn') }) },
  { weight: 3, arbitrary: fc.record({ name: fc.constant('release') }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('cost'), ms: fc.constantFrom(0, 0, 0.1, 1, 3, 30) }) },
)
const schedule = fc.record({
  steps: fc.array(step, { minLength: 250, maxLength: 250, size: 'max' }),
  drains: fc.boolean(),
})

/** A reader asks, gets a batch, asks on from its `next`. It knows what it has seen and nothing else. */
type Reader = {
  room: string
  next: string
  seen: string[]
  poll: { mayBeEmptyFrom: number; hadNews: boolean; controller: AbortController } | undefined
}

const kinds: readonly (readonly [string, () => { log: Log; release?: () => void }])[] = [
  ['a log that answers at once', () => openMemory()],
  ['the tail', () => ({ log: withTail(openMemory().log) })],
  ['a log that answers later', () => asynchronousLog()],
  [
    'the tail before a log that answers later',
    () => {
      const { log, release } = asynchronousLog()
      return { log: withTail(log), release }
    },
  ],
]

for (const [kind, open] of kinds) {
  it(`over ${kind}: nothing is lost, doubled or reordered, nobody ends early or is left waiting`, async () => {
    const clock = fakeClock()
    await fc.assert(
      fc.asyncProperty(schedule, async ({ steps, drains }) => {
        const run = new Run(open(), clock)
        for (const step of steps) await run.apply(step)
        await run.finish(drains)
      }),
      { numRuns: 100 },
    )
  }, 30_000)
}

/** A log whose methods are its own, so that one of them can be replaced. */
function bound(log: Log): Log {
  return {
    append: (draft) => log.append(draft),
    read: (room, after, limit) => log.read(room, after, limit),
    page: (room, limit, before) => log.page(room, limit, before),
    head: (room) => log.head(room),
    rooms: (limit) => log.rooms(limit),
    watch: (listener) => log.watch(listener),
    remove: (room, index) => log.remove(room, index),
    watchGone: (listener) => log.watchGone(listener),
    close: () => log.close(),
  }
}

type Clock = ReturnType<typeof fakeClock>

class Run {
  readonly #log: Log
  readonly #release: (() => void) | undefined
  readonly #hub: Hub
  readonly #clock: Clock
  /** What each read takes: wakes that read then rest. */
  #costMs = 0
  readonly #sent = new Map<string, string[]>([
    ['room0', []],
    ['room1', []],
  ])
  readonly #readers: Reader[] = Array.from({ length: READERS }, (_, i) => ({
    room: `room${i % 2}`,
    next: '0',
    seen: [],
    poll: undefined,
  }))
  readonly #faults: string[] = []

  constructor({ log, release }: { log: Log; release?: () => void }, clock: Clock) {
    this.#log = log
    this.#release = release
    const read: Log['read'] = (room, after, limit) => {
      clock.spend(this.#costMs)
      return log.read(room, after, limit)
    }
    this.#hub = new Hub({ ...bound(log), read })
    this.#clock = clock
  }

  async apply(step: Step): Promise<void> {
    if (step.name === 'send') await this.#send(`room${step.room}`, step.count)
    if (step.name === 'poll') this.#poll(this.#readers[step.reader], step.waitMs, step.limit)
    if (step.name === 'abort') this.#abort(this.#readers[step.reader])
    if (step.name === 'pass') await this.#clock.advance(step.ms)
    if (step.name === 'turn') await this.#clock.turn()
    if (step.name === 'release') this.#release?.()
    if (step.name === 'cost') this.#costMs = step.ms
    expect(this.#clock.timers()).toBeLessThanOrEqual(3) // the deadlines', the wake of this turn, and a rest or another
  }

  async #send(room: string, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const { message } = await this.#log.append(draft(room, 'x'))
      this.#sent.get(room)?.push(message.id)
    }
  }

  #poll(reader: Reader | undefined, waitMs: number, limit: number): void {
    if (!reader || reader.poll) return
    const controller = new AbortController()
    const hadNews = !this.#release && (this.#sent.get(reader.room)?.length ?? 0) > reader.seen.length
    const poll = { mayBeEmptyFrom: this.#clock.now() + waitMs, hadNews, controller }
    reader.poll = poll
    const { signal } = controller
    this.#hub.next(reader.room, cursor(reader.next), { limit, waitSeconds: waitMs / 1000, signal }).then(
      (batch) => this.#receive(reader, poll, batch, limit),
      (error: unknown) => this.#faults.push(String(error)),
    )
  }

  #receive(reader: Reader, poll: NonNullable<Reader['poll']>, batch: Batch, limit: number): void {
    reader.poll = undefined
    const early = this.#clock.now() < poll.mayBeEmptyFrom && !poll.controller.signal.aborted && !this.#hub.draining
    if (batch.messages.length === 0 && early) this.#faults.push('empty before its time')
    if (batch.messages.length === 0 && poll.hadNews && !poll.controller.signal.aborted)
      this.#faults.push('empty, and there was something')
    if (batch.messages.length > limit) this.#faults.push('over its limit')
    reader.seen.push(...batch.messages.map(({ id }) => id))
    reader.next = batch.next
    const sent = this.#sent.get(reader.room) ?? []
    if (reader.seen.some((id, place) => sent[place] !== id)) this.#faults.push('lost, doubled or reordered')
  }

  #abort(reader: Reader | undefined): void {
    reader?.poll?.controller.abort()
  }

  async finish(drains: boolean): Promise<void> {
    const ended = drains ? this.#hub.drain(500) : undefined
    await this.#settle(drains ? 600 : 55_200)
    await ended
    expect(this.#readers.map(({ poll }) => poll)).toEqual(this.#readers.map(() => undefined))
    for (const reader of this.#readers) {
      this.#poll(reader, 0, 100_000)
      await this.#settle(0)
      expect(reader.seen).toEqual(this.#sent.get(reader.room))
    }
    expect(this.#faults).toEqual([])
    expect([this.#hub.waiting, this.#hub.rooms, this.#clock.timers()]).toEqual([0, 0, 0])
  }

  /** Lets time pass, and then everything that is under way come to its end. */
  async #settle(ms: number): Promise<void> {
    await this.#clock.advance(ms)
    for (let turn = 0; turn < 4; turn++) {
      this.#release?.()
      await this.#clock.turn()
    }
  }
}
