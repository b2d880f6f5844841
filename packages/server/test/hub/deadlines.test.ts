import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { Deadlines, NEVER, type Timed } from '../../src/hub/deadlines.ts'
import { fakeClock } from './fake-clock.ts'

type Wait = Timed & { name: number }

const wait = (name = 0): Wait => ({ name, dueAt: NEVER, alarm: 0 })

it('ends every wait, never early and less than 200 ms late, with one timer for all and none at the end', async () => {
  const clock = fakeClock()
  const step = fc.record({
    after: fc.nat(400),
    name: fc.nat(12),
    what: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constantFrom('clear' as const, 'remove' as const)),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const due = new Map<number, number>()
      const deadlines = new Deadlines<Wait>(({ name }) => {
        expect(clock.now()).toBeGreaterThanOrEqual(due.get(name) ?? Number.POSITIVE_INFINITY)
        expect(clock.now()).toBeLessThan((due.get(name) ?? 0) + 200)
        due.delete(name)
      })
      const waits = Array.from({ length: 13 }, (_, name) => wait(name))
      for (const { after, name, what } of steps) {
        await clock.advance(after)
        const moved = waits[name] ?? wait()
        due.delete(name)
        if (what === 'clear') deadlines.clear(moved)
        else if (what === 'remove') deadlines.remove(moved)
        else {
          deadlines.set(moved, what)
          due.set(name, clock.now() + what)
        }
        expect(clock.timers()).toBeLessThanOrEqual(1)
      }
      await clock.advance(3200)
      expect([due.size, clock.timers()]).toEqual([0, 0])
    }),
    { numRuns: 300 },
  )
})

it('a wait that is removed keeps no timer, and one that is moved later is looked at no more often than it ends', async () => {
  const clock = fakeClock()
  const end = vi.fn()
  const deadlines = new Deadlines<Wait>(end)
  const moved = wait()
  for (let poll = 0; poll < 100; poll++) {
    deadlines.set(moved, 5000)
    await clock.advance(10)
  }
  expect([clock.timers(), end.mock.calls.length]).toEqual([1, 0])
  deadlines.remove(moved)
  expect(clock.timers()).toBe(0)
})

it('are not moved by the wall clock', async () => {
  const clock = fakeClock()
  const end = vi.fn()
  const deadlines = new Deadlines<Wait>(end)
  const one = wait()
  deadlines.set(one, 1000)
  vi.setSystemTime(Date.now() + 3_600_000)
  await clock.advance(999)
  expect(end).not.toHaveBeenCalled()
  vi.setSystemTime(0)
  await clock.advance(200)
  expect(end).toHaveBeenCalledExactlyOnceWith(one)
})
