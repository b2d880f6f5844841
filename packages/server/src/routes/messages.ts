/** Sending, polling and long polling by cursor, history. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { ANONYMOUS_UID, type Batch, ChatError, type Cursor, cursorAfter, type Sent } from '@poll-chat/protocol'
import {
  batchSchema,
  idSchema,
  readQuerySchema,
  roomSchema,
  sendSchema,
  sentSchema,
  uidSchema,
} from '@poll-chat/protocol/schemas'
import type { Context } from 'hono'
import { z } from 'zod'
import type { AppEnv, Services } from '../context.ts'
import type { Appended, Draft, Log } from '../log/contract.ts'
import { sameSiteOnly } from '../middleware/cross-site.ts'
import { limitBody } from '../middleware/limits.ts'
import { PROBLEM_RESPONSES, respondWith } from './respond.ts'
import { refuse, toChatError } from './validation.ts'

const path = '/v1/rooms/{room}/messages'
const params = z.object({ room: roomSchema })

const readRoute = createRoute({
  method: 'get',
  path,
  summary: 'Read a room: what comes after a cursor, waiting for it or not, or a page of history.',
  request: {
    params,
    query: readQuerySchema,
  },
  responses: {
    200: { description: 'A batch', content: { 'application/json': { schema: batchSchema } } },
    ...PROBLEM_RESPONSES,
  },
})

const sent = { content: { 'application/json': { schema: sentSchema } } }
const sendRoute = createRoute({
  method: 'post',
  path,
  summary: 'Send a message. The same id and text again is the same message.',
  middleware: [sameSiteOnly(), limitBody()] as const,
  request: {
    params,
    query: z.object({ uid: uidSchema.optional(), id: idSchema.optional() }),
    // Described, not validated by the framework: any other content type than JSON is the text itself.
    body: {
      required: true,
      content: {
        'application/json': { schema: { $ref: '#/components/schemas/Send' } },
        '*/*': { schema: { type: 'string' as const } },
      },
    },
  },
  responses: {
    200: { description: 'It was sent before', ...sent },
    201: { description: 'Stored', ...sent },
    ...PROBLEM_RESPONSES,
  },
})

export function messagesRoutes({ log, hub }: Services): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })
  // A clone: schemas that were made before the framework was loaded do not have its methods.
  routes.openAPIRegistry.register('Send', sendSchema.clone())

  routes.openapi(readRoute, async (context) => {
    const { room } = context.req.valid('param')
    const { after, before, limit, wait = 0 } = context.req.valid('query')
    return respondWith(context, await read(room, after, before, limit, wait, context.req.raw))
  })

  function read(
    room: string,
    after: Cursor | undefined,
    before: Cursor | undefined,
    limit: number,
    wait: number,
    request: Request,
  ): Batch | Promise<Batch> {
    if (!after) return log.page(room, limit, before)
    if (wait === 0) return log.read(room, after, limit)
    return hub.next(room, after, { limit, waitSeconds: wait, signal: request.signal })
  }

  routes.openapi(sendRoute, async (context) => {
    const { room } = context.req.valid('param')
    const query = context.req.valid('query')
    const body = await readSend(context)
    const uid = body.uid ?? query.uid ?? ANONYMOUS_UID
    const id = body.id ?? query.id ?? crypto.randomUUID()
    const { message, repeated } = await send(log, { room, id, from: { uid, verified: false }, text: body.text })
    return context.json({ message, next: cursorAfter(message) } satisfies Sent, repeated ? 200 : 201)
  })

  return routes
}

/**
 * Appends; a repeated id is the same message only if the text is.
 * @throws ChatError `id-reused`
 */
export async function send(log: Log, draft: Draft): Promise<Appended> {
  const appended = await log.append(draft)
  if (appended.message.text !== draft.text) {
    throw new ChatError(
      'id-reused',
      'A message with this id and another text is in the room already; nothing was stored.',
    )
  }
  return appended
}

async function readSend(context: Context<AppEnv>): Promise<z.infer<typeof sendSchema>> {
  const body = decodeUtf8(await context.req.arrayBuffer())
  const isJson = /^application\/(?:[\w.+-]*\+)?json\b/i.test(context.req.header('Content-Type') ?? '')
  const result = sendSchema.safeParse(isJson ? parseJson(body) : { text: body })
  if (!result.success) throw toChatError(result.error)
  return result.data
}

function decodeUtf8(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new ChatError('bad-request', 'The body is not UTF-8.', { cause })
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new ChatError('bad-request', 'The body is not JSON.', { cause })
  }
}
