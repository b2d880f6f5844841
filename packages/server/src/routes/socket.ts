/** The WebSocket's place in the API. What asks to upgrade is taken by `http/upgrade.ts`; what does not gets the reason. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { ChatError } from '@poll-chat/protocol'
import { roomSchema, socketQuerySchema } from '@poll-chat/protocol/schemas'
import { z } from 'zod'
import type { AppEnv } from '../context.ts'
import { ROOM_KEY_HEADER } from '../middleware/credentials.ts'
import { PROBLEM_RESPONSES } from './respond.ts'
import { refuse } from './validation.ts'

const socketRoute = createRoute({
  method: 'get',
  path: '/v1/rooms/{room}/socket',
  summary: 'Follow a room and send to it over a WebSocket. From the head, unless told otherwise.',
  parameters: [ROOM_KEY_HEADER],
  request: { params: z.object({ room: roomSchema }), query: socketQuerySchema },
  responses: { 101: { description: 'Upgraded; the frames are in PROTOCOL.md' }, ...PROBLEM_RESPONSES },
})

export function socketRoutes(): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })
  routes.openapi(socketRoute, (context) => {
    context.header('Upgrade', 'websocket')
    throw new ChatError('upgrade-required', 'Ask for a WebSocket here (RFC 6455), or poll …/messages.')
  })
  return routes
}
