import { expect, it, onTestFinished, vi } from 'vitest'
import { batchAnswer, jsonAnswer } from '../../src/lane/answers.ts'

const BATCH = { messages: [], next: '0' }

function dateOf(bytes: Buffer): string | undefined {
  return /^Date: (.*)\r$/m.exec(bytes.toString())?.[1]
}

it('the date of an answer is that of its second, also of one that is given again', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  vi.setSystemTime('2026-11-22T10:00:00.999Z')
  const first = batchAnswer(BATCH)
  expect(dateOf(first)).toBe('Sun, 22 Nov 2026 10:00:00 GMT')
  expect(batchAnswer(BATCH)).toBe(first)
  vi.setSystemTime('2026-11-22T10:00:01.000Z')
  expect(dateOf(batchAnswer(BATCH))).toBe('Sun, 22 Nov 2026 10:00:01 GMT')
  expect(dateOf(jsonAnswer('{}', { close: true }))).toBe('Sun, 22 Nov 2026 10:00:01 GMT')
  vi.setSystemTime('2026-11-22T09:59:59.500Z') // a clock may be set back
  expect(dateOf(batchAnswer(BATCH))).toBe('Sun, 22 Nov 2026 09:59:59 GMT')
})
