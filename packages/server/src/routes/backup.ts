/** A copy of everything that the log holds, made while it is in use. */
import { type FileHandle, open, rm } from 'node:fs/promises'
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { ChatError } from '@poll-chat/protocol'
import { z } from 'zod'
import type { AppEnv } from '../context.ts'
import type { Limits } from '../limits/limits.ts'
import type { Engine } from '../log/contract.ts'
import { type Access, adminOnly } from '../middleware/identity.ts'
import { PROBLEM_RESPONSES } from './respond.ts'

/** https://www.iana.org/assignments/media-types/application/vnd.sqlite3 */
const TYPE = 'application/vnd.sqlite3'

const PIECE_BYTES = 256 * 1024

const backupRoute = (access: Access, limits: Limits) =>
  createRoute({
    method: 'post',
    path: '/v1/backup',
    summary: 'A copy of the database as it is at one moment, with everything that was acknowledged before the request.',
    middleware: [adminOnly(access, limits)] as const,
    responses: {
      200: {
        description: 'A SQLite database',
        content: { [TYPE]: { schema: z.string().openapi({ format: 'binary' }) } },
      },
      ...PROBLEM_RESPONSES,
    },
  })

export function backupRoutes(backup: Engine['backup'], access: Access, limits: Limits): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>()
  routes.openapi(backupRoute(access, limits), async (context) => {
    if (!backup)
      throw new ChatError('not-supported', 'The log of this server is in no file of its own; there is nothing to copy.')
    const path = await makeWith(backup)
    const file = await open(path)
    await rm(path) // the open file stays until it has been read, or its reader has gone
    const { size } = await file.stat()
    return context.body(bytesOf(file, context.req.raw.signal), 200, {
      'Content-Type': TYPE,
      'Content-Length': `${size}`,
    })
  })
  return routes
}

/** All of it, piece by piece as it is taken. Closes the file in the end, whatever that is. */
function bytesOf(file: FileHandle, signal: AbortSignal): ReadableStream<Uint8Array> {
  const close = () => file.close() // the second time it does nothing
  signal.addEventListener('abort', () => void close())
  if (signal.aborted) void close()
  return new ReadableStream({
    async pull(controller) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE_BYTES))
      if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead))
      await close()
      controller.close()
    },
    cancel: close,
  })
}

/** The operator may know why not: most often there is no room for a copy. */
async function makeWith(backup: () => Promise<string>): Promise<string> {
  try {
    return await backup()
  } catch (error) {
    const { cause } = error instanceof Error ? error : {}
    const why = cause instanceof Error ? ` (${cause.message})` : ''
    throw new ChatError('log-unavailable', `The log could not be copied${why}.`, { cause: error })
  }
}
