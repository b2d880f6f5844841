import { expect, it } from 'vitest'
import { ChatError, CursorReset, PROBLEMS } from '../src/errors.ts'
import { problemSchema } from '../src/schemas.ts'

it('every problem is a document with its status, and keeps its cause to itself', () => {
  for (const [code, [status, title]] of Object.entries(PROBLEMS)) {
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(title).toMatch(/^[A-Z].*[^.]$/)
    expect(code).toMatch(/^[a-z-]+$/)
  }
  const cause = new Error('secret')
  const error = new ChatError('log-unavailable', 'The disk is full.', { cause, retryAfterMs: 1500 })
  expect([error.cause, error.status, error.message, error.name]).toEqual([cause, 503, 'The disk is full.', 'ChatError'])
  const problem = problemSchema.strict().parse(error.toProblem())
  expect(problem).toEqual({
    type: 'about:blank',
    title: 'The log cannot be reached or written',
    status: 503,
    code: 'log-unavailable',
    detail: 'The disk is full.',
    retry_after_ms: 1500,
  })
  expect(JSON.stringify(problem)).not.toContain('secret')
  expect(new ChatError('not-found', 'No.').toProblem()).not.toHaveProperty('retry_after_ms')
})

it('a reset says why, and from where one can go on', () => {
  for (const reason of ['ahead', 'trimmed', 'diverged'] as const) {
    const reset = new CursorReset(reason, '0', '7~01234567')
    expect(reset).toBeInstanceOf(ChatError)
    expect(problemSchema.strict().parse(reset.toProblem())).toMatchObject({
      status: 410,
      code: 'cursor-reset',
      reason,
      oldest: '0',
      newest: '7~01234567',
    })
  }
})
