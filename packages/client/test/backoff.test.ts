import { afterEach, expect, test, vi } from 'vitest'
import { backoffMs, MAX_RETRY_AFTER_MS, parseRetryAfter } from '../src/backoff.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

test('the pause is anywhere between nothing and a ceiling that doubles from 0.5 s to 30 s', () => {
  vi.spyOn(Math, 'random').mockReturnValue(1)
  expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map((attempt) => backoffMs(attempt))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ])
  vi.spyOn(Math, 'random').mockReturnValue(0)
  expect(backoffMs(9)).toBe(0)
})

test('what the server asked for is a minimum, with the jitter on top', () => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  expect(backoffMs(1, 5_000)).toBe(5_000)
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  expect(backoffMs(1, 5_000)).toBe(5_250)
})

test('a server cannot silence a client for good', () => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  expect(backoffMs(1, 1e15)).toBe(MAX_RETRY_AFTER_MS)
})

test('Retry-After is seconds or a date', () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-22T09:00:00Z') })
  expect(parseRetryAfter('7')).toBe(7_000)
  expect(parseRetryAfter('Sun, 22 Nov 2026 09:00:30 GMT')).toBe(30_000)
  expect(parseRetryAfter('Sun, 22 Nov 2026 08:00:00 GMT')).toBe(0)
  expect(parseRetryAfter('soon')).toBeUndefined()
  expect(parseRetryAfter(null)).toBeUndefined()
})
