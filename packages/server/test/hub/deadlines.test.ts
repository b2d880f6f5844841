import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { Deadlines } from '../../src/hub/deadlines.ts'
import { fakeClock } from './fake-clock.ts'

it('ends every wait, never early and less than 200 ms late, with one timer for all and none at the end', async () => {
  const clock = fakeClock()
  const waits = fc.array(
    fc.record({ after: fc.nat(400), ms: fc.integer({ min: 1, max: 3000 }), removed: fc.boolean() }),
    {
      maxLength: 40,
    },
  )
  await fc.assert(
    fc.asyncProperty(waits, async (waits) => {
      const ended = new Map<number, number>()
      const deadlines = new Deadlines<number>((wait) => ended.set(wait, clock.now()))
      const due = new Map<number, number>()
      for (const [wait, { after, ms, removed }] of waits.entries()) {
        await clock.advance(after)
        const tick = deadlines.add(wait, ms)
        expect(clock.timers()).toBe(1)
        if (removed) deadlines.remove(wait, tick)
        else due.set(wait, clock.now() + ms)
      }
      await clock.advance(3200)
      expect([...ended.keys()].sort()).toEqual([...due.keys()].sort())
      for (const [wait, at] of due) {
        expect(ended.get(wait)).toBeGreaterThanOrEqual(at)
        expect(ended.get(wait)).toBeLessThan(at + 200)
      }
      expect(clock.timers()).toBe(0)
    }),
    { numRuns: 200 },
  )
})

it('are not moved by the wall clock', async () => {
  const clock = fakeClock()
  const end = vi.fn()
  const deadlines = new Deadlines<string>(end)
  deadlines.add('wait', 1000)
  vi.setSystemTime(Date.now() + 3_600_000)
  await clock.advance(999)
  expect(end).not.toHaveBeenCalled()
  vi.setSystemTime(0)
  await clock.advance(200)
  expect(end).toHaveBeenCalledExactlyOnceWith('wait')
})
