/** Finding messages by their words. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { ChatError, MAX_SEARCHES } from '@poll-chat/protocol'
import { searchQuerySchema, searchSchema } from '@poll-chat/protocol/schemas'
import type { AppEnv, Services } from '../context.ts'
import { readTerms } from '../log/search-words.ts'
import { PROBLEM_RESPONSES } from './respond.ts'
import { refuse } from './validation.ts'

const searchRoute = createRoute({
  method: 'get',
  path: '/v1/search',
  summary: 'Find messages by their words, newest first, in one room or all.',
  request: { query: searchQuerySchema },
  responses: {
    200: { description: 'What was found', content: { 'application/json': { schema: searchSchema } } },
    ...PROBLEM_RESPONSES,
  },
})

export function searchRoutes({ search }: Services): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })
  let underWay = 0

  routes.openapi(searchRoute, async (context) => {
    const { q, from, ...find } = context.req.valid('query')
    const terms = readTerms(q)
    if (terms.length === 0) throw new ChatError('bad-request', '"q" has no word to look for.')
    if (!search) throw new ChatError('not-supported', 'The engine of this server cannot search.')
    if (underWay >= MAX_SEARCHES)
      throw new ChatError('too-many-requests', 'Too many are searching just now.', { retryAfterMs: 1000 })
    underWay++
    try {
      const { room, before, limit } = find
      const { messages, next } = await search.find({ terms, room, uid: from, before, limit })
      return context.json({ messages, ...(next !== undefined && { next: `${next}` }) }, 200)
    } finally {
      underWay--
    }
  })
  return routes
}
