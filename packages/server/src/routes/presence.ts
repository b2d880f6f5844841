/** Who is here, and saying that one types or has left. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { MAX_LISTED_PEOPLE } from '@poll-chat/protocol'
import { presenceSchema, roomSchema, typingSchema, uidSchema } from '@poll-chat/protocol/schemas'
import { z } from 'zod'
import type { AppEnv, Services } from '../context.ts'
import { CLAIM_HEADER, ROOM_KEY_HEADER } from '../middleware/credentials.ts'
import { sameSiteOnly } from '../middleware/cross-site.ts'
import { limitBody } from '../middleware/limits.ts'
import { enter } from './entering.ts'
import { PROBLEM_RESPONSES, respondWithJson } from './respond.ts'
import { refuse } from './validation.ts'

const params = z.object({ room: roomSchema })

const presenceRoute = createRoute({
  method: 'get',
  path: '/v1/rooms/{room}/presence',
  summary: `Who is in a room and who types. Of more than ${MAX_LISTED_PEOPLE} people only the number.`,
  parameters: [ROOM_KEY_HEADER],
  request: { params },
  responses: {
    200: { description: 'Who is here', content: { 'application/json': { schema: presenceSchema } } },
    ...PROBLEM_RESPONSES,
  },
})

const leaveRoute = createRoute({
  method: 'delete',
  path: '/v1/rooms/{room}/presence',
  summary: 'Say that one has left. Who still reads the room under this uid is here again when they ask next.',
  parameters: [CLAIM_HEADER, ROOM_KEY_HEADER],
  middleware: [sameSiteOnly()] as const,
  request: { params, query: z.object({ uid: uidSchema }) },
  responses: {
    200: { description: 'Who is here now', content: { 'application/json': { schema: presenceSchema } } },
    ...PROBLEM_RESPONSES,
  },
})

const typingRoute = createRoute({
  method: 'post',
  path: '/v1/rooms/{room}/typing',
  summary: 'Say that one types, for some seconds or until the message comes; `for_ms` 0 says that one has stopped.',
  parameters: [CLAIM_HEADER, ROOM_KEY_HEADER],
  middleware: [sameSiteOnly(), limitBody()] as const,
  request: {
    params,
    body: { required: true, content: { 'application/json': { schema: typingSchema } } },
  },
  responses: {
    200: {
      description: 'Said, and for how long',
      content: { 'application/json': { schema: typingSchema.pick({ for_ms: true }) } },
    },
    ...PROBLEM_RESPONSES,
  },
})

export function presenceRoutes(services: Services): OpenAPIHono<AppEnv> {
  const { presence, uids } = services
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })

  routes.openapi(presenceRoute, async (context) => {
    const { room } = await enter(context, services, context.req.valid('param').room)
    return respondWithJson<z.infer<typeof presenceSchema>>(context, JSON.stringify(presence.now(room)))
  })

  routes.openapi(leaveRoute, async (context) => {
    const { room, claim, address } = await enter(context, services, context.req.valid('param').room)
    presence.leave(room, await uids.admit(context.req.valid('query').uid, claim, address))
    return respondWithJson<z.infer<typeof presenceSchema>>(context, JSON.stringify(presence.now(room)))
  })

  routes.openapi(typingRoute, async (context) => {
    const { uid, for_ms: forMs } = context.req.valid('json')
    const { room, claim, address } = await enter(context, services, context.req.valid('param').room)
    presence.type(room, await uids.admit(uid, claim, address), forMs)
    return context.json({ for_ms: forMs }, 200)
  })

  return routes
}
