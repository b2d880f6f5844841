/** Deleting a message: for the operator. What is left of it stays in its place. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { ChatError } from '@poll-chat/protocol'
import { indexSchema, messageSchema, roomSchema } from '@poll-chat/protocol/schemas'
import { z } from 'zod'
import type { AppEnv, Services } from '../context.ts'
import { plainMessage } from '../log/room-names.ts'
import { ROOM_KEY_HEADER } from '../middleware/credentials.ts'
import { type Access, adminOnly } from '../middleware/identity.ts'
import { enter } from './entering.ts'
import { PROBLEM_RESPONSES } from './respond.ts'
import { refuse } from './validation.ts'

const deletionRoute = ({ limits }: Services, access: Access) =>
  createRoute({
    method: 'delete',
    path: '/v1/rooms/{room}/messages/{index}',
    summary: 'Delete a message: its text is gone for good; its place, id and sender stay.',
    middleware: [adminOnly(access, limits)] as const,
    parameters: [ROOM_KEY_HEADER],
    request: { params: z.object({ room: roomSchema, index: indexSchema }) },
    responses: {
      200: {
        description: 'What is left of it, also when it was deleted before',
        content: { 'application/json': { schema: z.object({ message: messageSchema }) } },
      },
      ...PROBLEM_RESPONSES,
    },
  })

export function deletionRoutes(services: Services, access: Access): OpenAPIHono<AppEnv> {
  const { log, logger } = services
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })
  routes.openapi(deletionRoute(services, access), async (context) => {
    const { room: name, index } = context.req.valid('param')
    const { room } = await enter(context, services, name)
    const message = await log.remove(room, index)
    if (!message) throw new ChatError('not-found', `There is no message ${index} in "${name}".`)
    logger.info({ room: name, index, uid: message.from.uid }, 'a message was deleted')
    return context.json({ message: plainMessage(message) }, 200)
  })
  return routes
}
