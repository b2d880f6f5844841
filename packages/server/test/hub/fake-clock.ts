import { onTestFinished, vi } from 'vitest'

/** Time stands still until the test moves it: timers, `setImmediate`, wall and monotonic clock. */
export function fakeClock() {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const now = performance.now.bind(performance)
  let spentMs = 0
  performance.now = () => now() + spentMs
  return {
    /** Goes on within a turn, as the clock does while something is being computed. */
    spend: (ms: number) => {
      spentMs += ms
    },
    advance: (ms: number) => vi.advanceTimersByTimeAsync(ms),
    /** What is due at this moment, and what follows from it at once. */
    turn: () => vi.advanceTimersByTimeAsync(0),
    timers: () => vi.getTimerCount(),
    now: () => performance.now(),
  }
}
