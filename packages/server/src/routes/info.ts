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
import { roomsSchema, serverInfoSchema } from '@poll-chat/protocol/schemas'
import { z } from 'zod'
import type { AppEnv, Services } from '../context.ts'
import { VERSION } from '../version.ts'
import { PROBLEM_RESPONSES } from './respond.ts'

/** How long a write may take for the server to be ready, in milliseconds. */
const READY_WITHIN_MS = 3_000

const roomsRoute = createRoute({
  method: 'get',
  path: '/v1/rooms',
  summary: `The rooms that have messages, most recently active first, ${MAX_ROOMS_LISTED} at most.`,
  responses: {
    200: { description: 'Rooms', content: { 'application/json': { schema: roomsSchema } } },
    ...PROBLEM_RESPONSES,
  },
})

const infoRoute = createRoute({
  method: 'get',
  path: '/v1',
  summary: 'What this server is, and its limits.',
  responses: {
    200: { description: 'Information', content: { 'application/json': { schema: serverInfoSchema } } },
    ...PROBLEM_RESPONSES,
  },
})

const probeRoute = (path: string, summary: string) =>
  createRoute({
    method: 'get',
    path,
    summary,
    responses: {
      200: { description: '`ok`', content: { 'text/plain': { schema: z.string() } } },
      ...PROBLEM_RESPONSES,
    },
  })

export function infoRoutes({ log, store, ready, hub }: Services, auth: ServerInfo['auth']): OpenAPIHono<AppEnv> {
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
  routes.openapi(infoRoute, (context) => context.json(info, 200))
  routes.openapi(probeRoute('/healthz', 'Whether the server is alive. Needs no key.'), (context) =>
    context.text('ok\n', 200),
  )
  routes.openapi(probeRoute('/readyz', 'Whether the server can write, and is not shutting down.'), async (context) => {
    if (hub.draining) throw new ChatError('draining', 'The server is shutting down.', { retryAfterMs: 1000 })
    await inTime(Promise.all([store.put('readyz', new Date().toISOString()), ready?.()]))
    return context.text('ok\n', 200)
  })
  return routes
}

/** Whoever asks whether we are ready, to send requests elsewhere if not, wants to know it soon. */
async function inTime(work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new ChatError('log-unavailable', 'The log takes too long.', { retryAfterMs: 1000 })),
    READY_WITHIN_MS,
  )
  try {
    await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
