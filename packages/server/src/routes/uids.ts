/** Uids: what their owners do, and what only the operator may do: free and ban them. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { ChatError } from '@poll-chat/protocol'
import { uidSchema, uidSummarySchema } from '@poll-chat/protocol/schemas'
import { z } from 'zod'
import type { AppEnv, Services } from '../context.ts'
import { addressOf } from '../middleware/address.ts'
import { CLAIM_HEADER, readCredentials } from '../middleware/credentials.ts'
import { sameSiteOnly } from '../middleware/cross-site.ts'
import { type Access, adminOnly } from '../middleware/identity.ts'
import { PROBLEM_RESPONSES } from './respond.ts'
import { refuse } from './validation.ts'

type Method = 'put' | 'delete'

const claimRoute = createRoute({
  method: 'put',
  path: '/v1/uids/{uid}/claim',
  summary: 'Claim a uid, or prove that it is yours.',
  parameters: [CLAIM_HEADER],
  middleware: [sameSiteOnly()] as const,
  request: { params: z.object({ uid: uidSchema }) },
  responses: {
    200: { description: 'It is yours', content: { 'application/json': { schema: uidSummarySchema } } },
    ...PROBLEM_RESPONSES,
  },
})

const adminRoute = ({ limits }: Services, access: Access, method: Method, path: string, summary: string) =>
  createRoute({
    method,
    path,
    summary,
    middleware: [adminOnly(access, limits)] as const,
    request: { params: z.object({ uid: uidSchema }) },
    responses: {
      200: { description: 'What now holds', content: { 'application/json': { schema: uidSummarySchema } } },
      ...PROBLEM_RESPONSES,
    },
  })

export function uidRoutes(services: Services, access: Access): OpenAPIHono<AppEnv> {
  const { uids, limits } = services
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })
  const free = adminRoute(
    services,
    access,
    'delete',
    '/v1/uids/{uid}/claim',
    'Free a uid: the next who shows a claim gets it.',
  )
  const ban = adminRoute(
    services,
    access,
    'put',
    '/v1/uids/{uid}/ban',
    'Ban a uid: it can send nothing and read no inbox.',
  )
  const unban = adminRoute(services, access, 'delete', '/v1/uids/{uid}/ban', 'Lift a ban.')

  routes.openapi(claimRoute, async (context) => {
    const { uid } = context.req.valid('param')
    const { claim } = readCredentials((name) => context.req.header(name))
    if (claim === undefined) throw new ChatError('bad-request', 'The header Poll-Chat-Claim is missing.')
    const { verified } = await uids.admit(uid, claim, addressOf(context, limits))
    if (!verified) throw new ChatError('bad-request', `"${uid}" cannot be claimed: nobody is that by name.`)
    return context.json({ uid, claimed: true, banned: false }, 200)
  })
  routes.openapi(free, async (context) => context.json(await uids.free(context.req.valid('param').uid), 200))
  routes.openapi(ban, async (context) => context.json(await uids.ban(context.req.valid('param').uid), 200))
  routes.openapi(unban, async (context) => context.json(await uids.unban(context.req.valid('param').uid), 200))
  return routes
}
