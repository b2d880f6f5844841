/** What this server is, which rooms there are, and whether it can do its work. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import {
  ChatError,
  DEFAULT_BATCH,
  DEFAULT_WAIT_SECONDS,
  MAX_BATCH,
  MAX_NAME_CHARACTERS,
  MAX_ROOMS_LISTED,
  MAX_TEXT_BYTES,
  MAX_WAIT_SECONDS,
  type ServerInfo,
} from '@poll-chat/protocol'
import { roomsSchema } from '@poll-chat/protocol/schemas'
import type { AppEnv, Services } from '../context.ts'
import { VERSION } from '../version.ts'
import { PROBLEM_RESPONSES } from './respond.ts'

const roomsRoute = createRoute({
  method: 'get',
  path: '/v1/rooms',
  summary: `The rooms that have messages, most recently active first, ${MAX_ROOMS_LISTED} at most.`,
  responses: {
    200: { description: 'Rooms', content: { 'application/json': { schema: roomsSchema } } },
    ...PROBLEM_RESPONSES,
  },
})

export function infoRoutes({ log, store, hub }: Services, auth: ServerInfo['auth']): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>()
  const info: ServerInfo = {
    name: 'poll-chat',
    version: VERSION,
    api: 1,
    auth,
    limits: {
      text_bytes: MAX_TEXT_BYTES,
      name_characters: MAX_NAME_CHARACTERS,
      batch_default: DEFAULT_BATCH,
      batch_max: MAX_BATCH,
      wait_default_s: DEFAULT_WAIT_SECONDS,
      wait_max_s: MAX_WAIT_SECONDS,
    },
  }

  routes.openapi(roomsRoute, async (context) => context.json({ rooms: await log.rooms(MAX_ROOMS_LISTED) }, 200))
  routes.get('/v1', (context) => context.json(info))
  routes.get('/healthz', (context) => context.text('ok\n'))
  routes.get('/readyz', async (context) => {
    if (hub.draining) throw new ChatError('draining', 'The server is shutting down.', { retryAfterMs: 1000 })
    await store.put('readyz', new Date().toISOString())
    return context.text('ok\n')
  })
  return routes
}
