/** Long polling by uid: the server remembers the place, the next request acknowledges. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { batchSchema, inboxQuerySchema, roomSchema } from '@poll-chat/protocol/schemas'
import { z } from 'zod'
import type { AppEnv, Services } from '../context.ts'
import { CLAIM_HEADER, ROOM_KEY_HEADER } from '../middleware/credentials.ts'
import { sameSiteOnly } from '../middleware/cross-site.ts'
import { attend, batchWithPresence } from './attendance.ts'
import { enter } from './entering.ts'
import { PROBLEM_RESPONSES, respondWith } from './respond.ts'
import { refuse } from './validation.ts'

const inboxRoute = createRoute({
  method: 'get',
  path: '/v1/rooms/{room}/inbox',
  summary: "Read what a uid has not acknowledged, waiting for it or not. 'ack' moves its place forward first.",
  middleware: [sameSiteOnly()] as const,
  parameters: [CLAIM_HEADER, ROOM_KEY_HEADER],
  request: {
    params: z.object({ room: roomSchema }),
    query: inboxQuerySchema,
  },
  responses: {
    200: { description: 'A batch', content: { 'application/json': { schema: batchSchema } } },
    ...PROBLEM_RESPONSES,
  },
})

export function inboxRoutes(services: Services): OpenAPIHono<AppEnv> {
  const { inboxes, uids, limits, presence } = services
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })
  routes.openapi(inboxRoute, async (context) => {
    const { room, claim, address } = await enter(context, services, context.req.valid('param').room)
    const { ack, limit, wait: waitSeconds = 0, ephemeral: seen, ...reader } = context.req.valid('query')
    const header = (name: string) => context.req.header(name)
    await attend({ uids, presence }, reader, { rooms: [room], waitSeconds, header, claim, address })
    const inbox = { room, uid: reader.uid }
    const watched = { presence, room, seen, signal: context.req.raw.signal }
    const admit = () => limits.admitUid(address)
    const batch = await batchWithPresence(watched, (signal) =>
      inboxes.next(inbox, ack, { limit, waitSeconds, signal, address, admit }),
    )
    return respondWith(context, batch)
  })
  return routes
}
