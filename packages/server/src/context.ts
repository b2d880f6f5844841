import type { HttpBindings } from '@hono/node-server'
import type { Logger } from 'pino'
import type { Rooms } from './access/rooms.ts'
import type { Uids } from './access/uids.ts'
import type { Hub } from './hub/hub.ts'
import type { Inboxes } from './hub/inboxes.ts'
import type { Limits } from './limits/limits.ts'
import type { Engine, Log, Search, Store } from './log/contract.ts'
import type { Tally } from './metrics/tally.ts'
import type { Presence } from './presence/presence.ts'

/** What the routes work with. */
export type Services = {
  log: Log
  store: Store
  search: Search | undefined
  ready: Engine['ready']
  hub: Hub
  inboxes: Inboxes
  uids: Uids
  rooms: Rooms
  limits: Limits
  presence: Presence
  tally: Tally
  logger: Logger
}

/** Node's own request and response, there when the app is served by Node and not called by `app.request()`. */
export type AppEnv = { Bindings: Partial<HttpBindings> }
