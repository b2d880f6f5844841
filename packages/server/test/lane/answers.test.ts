import { expect, it, onTestFinished, vi } from 'vitest'
import { Answers } from '../../src/lane/answers.ts'
import { COMMON_HEADERS } from '../../src/middleware/headers.ts'

const BATCH = { messages: [], next: '0' }

function dateOf(bytes: Buffer): string | undefined {
  return /^Date: (.*)\r$/m.exec(bytes.toString())?.[1]
}

it('the date of an answer is that of its second, also of one that is given again', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  vi.setSystemTime('2026-11-22T10:00:00.999Z')
  const answers = new Answers(COMMON_HEADERS)
  const first = answers.batch(BATCH)
  expect(dateOf(first)).toBe('Sun, 22 Nov 2026 10:00:00 GMT')
  expect(answers.batch(BATCH)).toBe(first)
  vi.setSystemTime('2026-11-22T10:00:01.000Z')
  expect(dateOf(answers.batch(BATCH))).toBe('Sun, 22 Nov 2026 10:00:01 GMT')
  expect(dateOf(answers.json('{}', { close: true }))).toBe('Sun, 22 Nov 2026 10:00:01 GMT')
  vi.setSystemTime('2026-11-22T09:59:59.500Z') // a clock may be set back
  expect(dateOf(answers.batch(BATCH))).toBe('Sun, 22 Nov 2026 09:59:59 GMT')
})
