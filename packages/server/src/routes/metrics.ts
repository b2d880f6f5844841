/** What an operator's Prometheus reads. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import type { AppEnv } from '../context.ts'
import type { Limits } from '../limits/limits.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { type Access, adminOnly } from '../middleware/identity.ts'
import { PROBLEM_RESPONSES } from './respond.ts'

const TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Where everybody may read, on any network, this is still nobody's business. */
const metricsRoute = (access: Access, limits: Limits) =>
  createRoute({
    method: 'get',
    path: '/metrics',
    summary:
      'What the server has done and how it is, for Prometheus. A server that is open to a network wants the admin key.',
    middleware: access.type === 'anybody' ? [adminOnly(access, limits)] : [],
    responses: {
      200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } },
      ...PROBLEM_RESPONSES,
    },
  })

export function metricsRoutes(metrics: Metrics, access: Access, limits: Limits): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>()
  routes.openapi(metricsRoute(access, limits), async (context) =>
    context.text(await metrics.scrape(), 200, { 'Content-Type': TYPE }),
  )
  return routes
}
