import type { Hook } from '@hono/zod-openapi'
import { ChatError, type ErrorCode, PROBLEMS } from '@poll-chat/protocol'
import type { z } from 'zod'
import type { AppEnv } from '../context.ts'

/** What every route does with input that its schemas refuse. */
export const refuse: Hook<unknown, AppEnv, string, void> = (result) => {
  if (!result.success) throw toChatError(result.error)
}

/** The first thing that is wrong, as the problem it is. Schemas name the problem of their own checks in `params`. */
export function toChatError(error: Pick<z.ZodError, 'issues'>): ChatError {
  const [issue] = error.issues
  if (!issue) return new ChatError('bad-request', 'The request is not valid.')
  const field = issue.path.join('.')
  const problem = issue.code === 'custom' ? issue.params?.problem : undefined
  const detail = issue.code === 'custom' || field === '' ? issue.message : `"${field}" ${issue.message}.`
  return new ChatError(isErrorCode(problem) ? problem : 'bad-request', detail)
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(PROBLEMS, code)
}
