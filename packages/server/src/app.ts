/** The HTTP application: mounts the routes. A plain Hono app that others can mount in theirs. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { ChatError } from '@poll-chat/protocol'
import type { Logger } from 'pino'
import type { Rooms } from './access/rooms.ts'
import type { Uids } from './access/uids.ts'
import type { AppEnv } from './context.ts'
import type { Hub } from './hub/hub.ts'
import type { Inboxes } from './hub/inboxes.ts'
import type { Limits } from './limits/limits.ts'
import type { Engine } from './log/contract.ts'
import type { Metrics } from './metrics/metrics.ts'
import { errorHandler, explaining } from './middleware/errors.ts'
import { type AnswerHeaders, COMMON_HEADERS, commonHeaders } from './middleware/headers.ts'
import { type Access, createGate, identity } from './middleware/identity.ts'
import { urlLimits } from './middleware/limits.ts'
import type { Presence } from './presence/presence.ts'
import { backupRoutes } from './routes/backup.ts'
import { classicRoutes } from './routes/classic.ts'
import { deletionRoutes } from './routes/deletion.ts'
import { eventsRoutes } from './routes/events.ts'
import { inboxRoutes } from './routes/inbox.ts'
import { infoRoutes } from './routes/info.ts'
import { messagesRoutes } from './routes/messages.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { pageRoutes } from './routes/page.ts'
import { presenceRoutes } from './routes/presence.ts'
import { searchRoutes } from './routes/search.ts'
import { socketRoutes } from './routes/socket.ts'
import { syncRoutes } from './routes/sync.ts'
import { uidRoutes } from './routes/uids.ts'
import { VERSION } from './version.ts'

export type AppOptions = Engine & {
  hub: Hub
  inboxes: Inboxes
  uids: Uids
  rooms: Rooms
  limits: Limits
  presence: Presence
  metrics: Metrics
  logger: Logger
  access: Access
  /** On every answer. @default COMMON_HEADERS */
  headers?: AnswerHeaders
}

export type App = OpenAPIHono<AppEnv>

export function createApp(options: AppOptions): App {
  const { log, store, search, ready, hub, inboxes, uids, rooms, limits, presence, metrics, logger, access } = options
  const { tally } = metrics
  const services = { log, store, search, ready, hub, inboxes, uids, rooms, limits, presence, tally, logger }

  const app = new OpenAPIHono<AppEnv>()
  app.onError(errorHandler(explaining(logger, tally)))
  app.use(commonHeaders(options.headers ?? COMMON_HEADERS, () => hub.draining))
  app.use(urlLimits())
  app.use(identity(createGate(access), limits))

  app.route('/', infoRoutes(services, access.type === 'key' ? 'key' : 'none'))
  app.route('/', messagesRoutes(services))
  app.route('/', inboxRoutes(services))
  app.route('/', eventsRoutes(services))
  app.route('/', socketRoutes())
  app.route('/', syncRoutes(services))
  app.route('/', presenceRoutes(services))
  app.route('/', searchRoutes(services))
  app.route('/', classicRoutes(services))
  app.route('/', pageRoutes())
  app.route('/', metricsRoutes(metrics, access, limits))
  app.route('/', uidRoutes(services, access))
  app.route('/', deletionRoutes(services, access))
  app.route('/', backupRoutes(options.backup, access, limits))
  app.doc31('/openapi.json', { openapi: '3.1.0', info: { title: 'poll-chat', version: VERSION } })

  const methods = methodsByPath(app)
  app.notFound((context) => {
    const served = [...methods].find(([pattern]) => pattern.test(context.req.path))?.[1]
    if (!served) throw new ChatError('not-found', 'No such path; GET /openapi.json describes what there is.')
    context.header('Allow', served.join(', '))
    throw new ChatError('method-not-allowed', `This path is served with ${served.join(' and ')}.`)
  })
  return app
}

/** Which methods each path has, to tell "not here" from "not like this". */
function methodsByPath(app: OpenAPIHono<AppEnv>): Map<RegExp, string[]> {
  const methods = new Map<string, Set<string>>()
  for (const { path, method } of app.routes) {
    if (method === 'ALL') continue
    methods.set(path, (methods.get(path) ?? new Set()).add(method))
  }
  return new Map(
    [...methods].map(([path, served]) => [
      new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`),
      [...served],
    ]),
  )
}
