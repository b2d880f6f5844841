import type { Batch } from '@poll-chat/protocol'
import { type batchSchema, problemSchema } from '@poll-chat/protocol/schemas'
import type { Context, TypedResponse } from 'hono'
import type { z } from 'zod'
import type { AppEnv } from '../context.ts'
import { batchJson } from '../log/batch.ts'

/**
 * A batch as an answer; readers of the same batch share its serialisation. The first line tells the typed routes what
 * the serialised body is.
 */
export function respondWith(
  context: Context<AppEnv>,
  batch: Batch,
): Response & TypedResponse<z.infer<typeof batchSchema>, 200, 'json'>
export function respondWith(context: Context<AppEnv>, batch: Batch): Response {
  return context.body(batchJson(batch), 200, { 'Content-Type': 'application/json' })
}

/** For the API description: every route may answer with a problem. */
export const PROBLEM_RESPONSES = {
  default: { description: 'A problem (RFC 9457)', content: { 'application/problem+json': { schema: problemSchema } } },
} as const
