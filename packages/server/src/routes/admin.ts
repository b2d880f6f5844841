/** What only the operator may do: free and ban uids, delete messages. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { uidSchema, uidSummarySchema } from '@poll-chat/protocol/schemas'
import { z } from 'zod'
import type { AppEnv, Services } from '../context.ts'
import { type Access, adminOnly } from '../middleware/identity.ts'
import { PROBLEM_RESPONSES } from './respond.ts'
import { refuse } from './validation.ts'

type Method = 'put' | 'delete'

const uidRoute = (access: Access, method: Method, path: string, summary: string) =>
  createRoute({
    method,
    path,
    summary,
    middleware: [adminOnly(access)] as const,
    request: { params: z.object({ uid: uidSchema }) },
    responses: {
      200: { description: 'What now holds', content: { 'application/json': { schema: uidSummarySchema } } },
      ...PROBLEM_RESPONSES,
    },
  })

export function adminRoutes({ uids }: Services, access: Access): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })
  const free = uidRoute(access, 'delete', '/v1/uids/{uid}/claim', 'Free a uid: the next who shows a claim gets it.')
  const ban = uidRoute(access, 'put', '/v1/uids/{uid}/ban', 'Ban a uid: it can send nothing and read no inbox.')
  const unban = uidRoute(access, 'delete', '/v1/uids/{uid}/ban', 'Lift a ban.')

  routes.openapi(free, async (context) => context.json(await uids.free(context.req.valid('param').uid), 200))
  routes.openapi(ban, async (context) => context.json(await uids.ban(context.req.valid('param').uid), 200))
  routes.openapi(unban, async (context) => context.json(await uids.unban(context.req.valid('param').uid), 200))
  return routes
}
