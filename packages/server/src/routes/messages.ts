/** Sending, polling and long polling by cursor, history. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import {
  batchSchema,
  readQuerySchema,
  roomSchema,
  sendQuerySchema,
  sendSchema,
  sentSchema,
} from '@poll-chat/protocol/schemas'
import { z } from 'zod'
import type { AppEnv, Services } from '../context.ts'
import { CLAIM_HEADER, ROOM_KEY_HEADER } from '../middleware/credentials.ts'
import { sameSiteOnly } from '../middleware/cross-site.ts'
import { limitBody } from '../middleware/limits.ts'
import { attend, batchWithPresence } from './attendance.ts'
import { enter } from './entering.ts'
import { PROBLEM_RESPONSES, respondWith } from './respond.ts'
import { isJsonType, readLetter, send, sentAnswer } from './sending.ts'
import { refuse } from './validation.ts'

const path = '/v1/rooms/{room}/messages'
const params = z.object({ room: roomSchema })

const readRoute = createRoute({
  method: 'get',
  path,
  summary: 'Read a room: what comes after a cursor, waiting for it or not, or a page of history.',
  parameters: [ROOM_KEY_HEADER],
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
  parameters: [CLAIM_HEADER, ROOM_KEY_HEADER],
  middleware: [sameSiteOnly(), limitBody()] as const,
  request: {
    params,
    query: sendQuerySchema,
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

export function messagesRoutes(services: Services): OpenAPIHono<AppEnv> {
  const { log, hub, uids, presence } = services
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })
  // A clone: schemas that were made before the framework was loaded do not have its methods.
  routes.openAPIRegistry.register('Send', sendSchema.clone())

  routes.openapi(readRoute, async (context) => {
    const { room, claim, address } = await enter(context, services, context.req.valid('param').room)
    const { after, before, limit, wait = 0, ephemeral: seen, ...reader } = context.req.valid('query')
    if (!after) return respondWith(context, await log.page(room, limit, before))
    const header = (name: string) => context.req.header(name)
    await attend({ uids, presence }, reader, { rooms: [room], waitSeconds: wait, header, claim, address })
    const watched = { presence, room, seen, signal: context.req.raw.signal }
    const read = (signal: AbortSignal) => hub.next(room, after, { limit, waitSeconds: wait, signal, address })
    return respondWith(context, await batchWithPresence(watched, read))
  })

  routes.openapi(sendRoute, async (context) => {
    const { room, claim, address } = await enter(context, services, context.req.valid('param').room)
    const isJson = isJsonType(context.req.header('Content-Type'))
    const letter = readLetter({ room, isJson, claim, ...context.req.valid('query') }, await context.req.arrayBuffer())
    const { message, repeated } = await send(services, address, letter)
    return context.json(sentAnswer(message), repeated ? 200 : 201)
  })

  return routes
}
