/** One thread's HTTP: the application, the lane before it, and how both end. */
import { Server as NetServer } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { BODY_SECONDS, HEAD_SECONDS, KEEP_ALIVE_SECONDS, MAX_HEAD_BYTES, MAX_HEADERS } from '@poll-chat/protocol'
import type { Logger } from 'pino'
import { Rooms } from '../access/rooms.ts'
import { Uids } from '../access/uids.ts'
import { createApp } from '../app.ts'
import { Hub } from '../hub/hub.ts'
import { Inboxes } from '../hub/inboxes.ts'
import { openLane } from '../lane/lane.ts'
import { Limits, type LimitsOptions } from '../limits/limits.ts'
import { Unsent } from '../limits/unsent.ts'
import type { Engine, Peers } from '../log/contract.ts'
import { Metrics, type MetricsPeers } from '../metrics/metrics.ts'
import { Tally } from '../metrics/tally.ts'
import { explaining } from '../middleware/errors.ts'
import { COMMON_HEADERS, STRICT_HEADERS } from '../middleware/headers.ts'
import { type Access, createGate, isLoopbackName } from '../middleware/identity.ts'
import { presenceBetweenServers } from '../presence/between-servers.ts'
import { Presence, type PresencePeers } from '../presence/presence.ts'
import { readCertificate, type TlsFiles } from './certificate.ts'
import { limitConnections } from './crowd.ts'
import { Turns } from './in-turn.ts'
import { linger } from './last-answer.ts'
import { type Address, listen, urlOf } from './listen.ts'
import { openServer } from './open-server.ts'
import { refuseRequest, refuseRequests, refuseTunnel, refuseWithoutUrl } from './refuse.ts'
import { acceptUpgrades } from './upgrade.ts'
import { awaitBodies } from './whole-bodies.ts'

/** How often Node looks for requests that are late, in milliseconds. Each look wakes a process that has nothing else to do. */
const CHECK_EVERY_MS = 5_000

/** How long a connection may stand still, in milliseconds: longer than any wait, and than an idle one is kept. */
const STILL_MS = 90_000

/** Over how long waiters are answered at the end, and how long requests under way may then take, in milliseconds. */
const DRAIN_MS = 500
const CLOSE_MS = 3_500

export type ServeOptions = {
  engine: Engine
  address: Address
  access: Access
  /** Answer plain polls and sends in the lane. */
  lane: boolean
  limits: LimitsOptions
  /** Speak TLS, with this certificate. */
  tls?: TlsFiles | undefined
  logger: Logger
  /** What the engine has counted already. */
  tally?: Tally
  /** The others that serve the same log, where the engine does not know them. */
  peers?: Peers
  presencePeers?: PresencePeers
  metricsPeers?: MetricsPeers
}

export type Serving = {
  /** Where it is reached from this machine. */
  readonly url: string
  /** Reads the certificate anew. One that cannot be used is logged, and the old one stays. */
  reload(): void
  /** Answers all who wait and finishes what is under way. At most 4.5 s. The engine stays open. */
  close(): Promise<void>
}

function betweenServers({ peers }: Engine): PresencePeers | undefined {
  return peers?.gossip && presenceBetweenServers(peers.gossip('presence'))
}

/** @throws StartError when nobody can listen at the address */
export async function serve(options: ServeOptions): Promise<Serving> {
  const {
    engine,
    address,
    access,
    lane,
    logger,
    tally = new Tally(),
    peers = engine.peers,
    presencePeers = betweenServers(engine),
    metricsPeers,
  } = options
  const { log, store } = engine
  const limits = new Limits(options.limits, tally)
  const hub = new Hub(log, limits.waiters, tally)
  const onLostAck = (error: unknown) => logger.warn({ err: error }, 'an acknowledgement was not stored')
  const inboxes = new Inboxes(log, store, hub, onLostAck, peers)
  const uids = new Uids(store, limits)
  const rooms = new Rooms(log, limits)
  const presence = new Presence(presencePeers)
  const unwatch = log.watch((messages) => {
    for (const { room, from } of messages) presence.hush(room, from.uid)
  })
  const unwatchGone = log.watchGone((gone) => {
    for (const one of gone) if (one.type === 'deleted') presence.erase(one.message.room, one.message.index)
  })
  const gauges = () => ({ waiters: hub.waiting, connections: limits.connections.all })
  const metrics = new Metrics(tally, gauges, metricsPeers)
  const headers = options.tls && !isLoopbackName(address.host) ? STRICT_HEADERS : COMMON_HEADERS
  const app = createApp({ ...engine, hub, inboxes, uids, rooms, limits, presence, metrics, logger, access, headers })
  const http = {
    keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
    headersTimeout: HEAD_SECONDS * 1000,
    requestTimeout: (HEAD_SECONDS + BODY_SECONDS) * 1000 + CHECK_EVERY_MS, // behind our own look at bodies
    connectionsCheckingInterval: CHECK_EVERY_MS,
    maxHeaderSize: MAX_HEAD_BYTES,
  }
  const gate = createGate(access)
  const unsent = new Unsent(limits.unsentBytes, tally)
  const application = getRequestListener(app.fetch, { errorHandler: refuseWithoutUrl })
  const turns = new Turns()
  const listener = turns.take(awaitBodies(unsent.during(application), gate))
  const certificate = options.tls && readCertificate(options.tls)
  const opened = openServer({ certificate, http, stillMs: STILL_MS, listener })
  const { server } = opened
  server.timeout = STILL_MS
  server.maxHeadersCount = MAX_HEADERS
  server.on(opened.arrival, linger)
  server.on('clientError', refuseRequests())
  server.on('checkExpectation', listener) // what is expected beside 100-continue may be ignored (RFC 9110 §10.1.1)
  server.on('connect', (_request, socket) => refuseTunnel(socket))
  const upgrades = acceptUpgrades(server, { app, hub, presence, tally, log, limits, logger })
  const laneOptions = {
    hub,
    inboxes,
    uids,
    rooms,
    limits,
    presence,
    log,
    tally,
    gate,
    headers,
    unsent,
    refuse: refuseRequest,
    onLostAck,
    explain: explaining(logger, tally),
  }
  const fast = lane ? openLane(server, laneOptions, opened.arrival) : undefined
  unsent.watch(server)
  limitConnections(server, limits, { isPlain: certificate === undefined, tally })
  await listen(server, address)

  async function close(): Promise<void> {
    logger.info({ waiting: hub.waiting }, 'closing')
    // Not the server's own: that takes an answer for done when it was made, and cuts off whoever is still reading it.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve))
    await hub.drain(DRAIN_MS)
    fast?.closeIdle()
    opened.closeIdle()
    upgrades.close()
    const cut = setTimeout(() => {
      fast?.closeAll()
      opened.closeAll()
      upgrades.closeAll()
      server.closeAllConnections()
    }, CLOSE_MS)
    await turns.done()
    server.close()
    await closed
    unwatch()
    unwatchGone()
    presence.close()
    metrics.close()
    clearTimeout(cut)
  }

  function reload(): void {
    if (!options.tls) return
    try {
      opened.renew(readCertificate(options.tls))
      logger.warn({ cert: options.tls.cert }, 'the certificate was read anew')
    } catch (error) {
      logger.error({ err: error }, 'the old certificate stays: the new one cannot be used')
    }
  }

  return { url: urlOf(server, options.tls ? 'https' : 'http'), reload, close }
}
