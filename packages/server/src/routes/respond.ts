import type { Batch } from '@poll-chat/protocol'
import { type batchSchema, problemSchema } from '@poll-chat/protocol/schemas'
import type { Context, TypedResponse } from 'hono'
import type { z } from 'zod'
import type { AppEnv } from '../context.ts'
import { batchJson } from '../log/batch.ts'

/** A batch as an answer; readers of the same batch share its serialisation. */
export function respondWith(context: Context<AppEnv>, batch: Batch) {
  return respondWithJson<z.infer<typeof batchSchema>>(context, batchJson(batch))
}

/** What is serialised already, as an answer; `Body` is what its schema says it is. */
export function respondWithJson<Body extends object>(
  context: Context<AppEnv>,
  json: string,
): Response & TypedResponse<Body, 200, 'json'>
export function respondWithJson(context: Context<AppEnv>, json: string): Response {
  return context.body(json, 200, { 'Content-Type': 'application/json' })
}

/** For the API description: every route may answer with a problem. */
export const PROBLEM_RESPONSES = {
  default: { description: 'A problem (RFC 9457)', content: { 'application/problem+json': { schema: problemSchema } } },
} as const
