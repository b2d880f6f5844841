/** Finding messages by their words. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { ChatError, MAX_SEARCHES } from '@poll-chat/protocol'
import { searchQuerySchema, searchSchema } from '@poll-chat/protocol/schemas'
import type { AppEnv, Services } from '../context.ts'
import { plainMessage } from '../log/room-names.ts'
import { readTerms } from '../log/search-words.ts'
import { ROOM_KEY_HEADER } from '../middleware/credentials.ts'
import { enter } from './entering.ts'
import { PROBLEM_RESPONSES } from './respond.ts'
import { refuse } from './validation.ts'

const searchRoute = createRoute({
  method: 'get',
  path: '/v1/search',
  summary: 'Find messages by their words, newest first, in one room or all public ones.',
  parameters: [ROOM_KEY_HEADER],
  request: { query: searchQuerySchema },
  responses: {
    200: { description: 'What was found', content: { 'application/json': { schema: searchSchema } } },
    ...PROBLEM_RESPONSES,
  },
})

export function searchRoutes(services: Services): OpenAPIHono<AppEnv> {
  const { search } = services
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })
  let underWay = 0

  routes.openapi(searchRoute, async (context) => {
    const { q, from, room: name, ...find } = context.req.valid('query')
    const terms = readTerms(q)
    if (terms.length === 0) throw new ChatError('bad-request', '"q" has no word to look for.')
    if (name === undefined && context.req.header(ROOM_KEY_HEADER.name) !== undefined)
      throw new ChatError('bad-request', 'Only one private room can be searched at once: "room" is missing.')
    if (!search) throw new ChatError('not-supported', 'The engine of this server cannot search.')
    if (underWay >= MAX_SEARCHES)
      throw new ChatError('too-many-requests', 'Too many are searching just now.', { retryAfterMs: 1000 })
    const room = name === undefined ? undefined : (await enter(context, services, name)).room
    underWay++
    try {
      const { before, limit } = find
      const { messages, next, behind } = await search.find({ terms, room, uid: from, before, limit })
      return context.json(
        {
          messages: messages.map(plainMessage),
          ...(next !== undefined && { next: `${next}` }),
          ...(behind !== undefined && { behind }),
        },
        200,
      )
    } finally {
      underWay--
    }
  })
  return routes
}
