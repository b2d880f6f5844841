import { pino } from 'pino'
import { Rooms } from '../src/access/rooms.ts'
import { Uids } from '../src/access/uids.ts'
import { type AppOptions, createApp } from '../src/app.ts'
import { openMemory } from '../src/engines/memory.ts'
import { Hub } from '../src/hub/hub.ts'
import { Inboxes } from '../src/hub/inboxes.ts'
import { Limits } from '../src/limits/limits.ts'
import type { Engine } from '../src/log/contract.ts'
import { Metrics } from '../src/metrics/metrics.ts'
import { Tally } from '../src/metrics/tally.ts'
import { Presence } from '../src/presence/presence.ts'
import type { Ask } from './http.ts'

type Options = { engine?: Engine; access?: AppOptions['access'] }

/** The application without sockets: `ask` is its `request()`. `lines` are what it wrote to its own log. */
export function chatApp({ engine = openMemory(), access = { type: 'loopback' } }: Options = {}) {
  const tally = new Tally()
  const hub = new Hub(engine.log, new Limits().waiters, tally)
  const lines: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line) => lines.push(line) })
  const inboxes = new Inboxes(engine.log, engine.store, hub, (error) => logger.warn(error))
  const limits = new Limits({}, tally)
  const uids = new Uids(engine.store, limits)
  const rooms = new Rooms(engine.log, limits)
  const presence = new Presence()
  const metrics = new Metrics(tally, () => ({ waiters: hub.waiting, connections: limits.connections.all }))
  const app = createApp({ ...engine, hub, inboxes, uids, rooms, limits, presence, metrics, logger, access })
  const ask: Ask = async (path, init) => app.request(path, init)
  return { ...engine, hub, inboxes, uids, rooms, limits, presence, tally, metrics, app, ask, lines, logger }
}
