/** Opens the log, serves it in one thread or several, and ends it all. */
import { pino } from 'pino'
import { keptKey } from './access/kept-key.ts'
import type { ServerConfig } from './config.ts'
import { withoutPassword } from './engines/jetstream/address.ts'
import { openEngine } from './engines/open.ts'
import { type Serving, serve } from './http/serve.ts'
import { serveInThreads } from './http/threads.ts'
import { StartError } from './log/start-error.ts'
import { Tally } from './metrics/tally.ts'
import { type Access, isLoopbackName } from './middleware/identity.ts'

export type RunningServer = {
  /** Where it is reached from this machine. */
  readonly url: string
  /** Reads the TLS certificate anew; one that cannot be used is logged, and the old one stays. */
  reload(): void
  /** Answers all who wait, finishes what is under way, closes the log. At most 5 s. Calling it again waits for the same. */
  close(): Promise<void>
}

/**
 * Opens the log and serves it.
 * @throws StartError with a sentence that says what to do; nothing is left open
 */
export async function startServer(config: ServerConfig): Promise<RunningServer> {
  const { adminKeyFile } = config
  const open = accessOf(config)
  const { host, port, lane = true, threads = 1, logLevel } = config
  const limits = { figures: config.limits, trustProxy: config.trustProxy }
  const logger = pino({ level: logLevel }, pino.destination(2))
  const tally = new Tally()
  const { nats, retention } = config
  const engine = await openEngine(config.engine, { nats: { search: {}, ...nats }, tally, retention })
  let serving: Serving
  try {
    // Only now: the engine has made the folder, and nobody else uses it.
    const kept = open.adminKey === undefined && adminKeyFile !== undefined ? keptKey(adminKeyFile) : undefined
    const access = kept === undefined ? open : { ...open, adminKey: kept }
    const options = { engine, address: { host, port }, access, lane, limits, tls: config.tls, logger, tally }
    serving = threads === 1 ? await serve(options) : await serveInThreads({ ...options, threads, logLevel })
  } catch (error) {
    await engine.log.close()
    throw error
  }
  const { url } = serving
  const reload = () => serving.reload()
  logger.info({ url, engine: withoutPassword(config.engine), access: open.type, threads }, 'listening')

  async function close(): Promise<void> {
    await serving.close()
    await engine.log.close()
    logger.info('closed')
  }

  let closing: Promise<void> | undefined
  return { url, reload, close: () => (closing ??= close()) }
}

function accessOf({ host, key, open, adminKey }: ServerConfig): Access {
  const admin = adminKey === undefined ? {} : { adminKey }
  if (key !== undefined) return { type: 'key', key, ...admin }
  if (isLoopbackName(host)) return { type: 'loopback', ...admin }
  if (open) return { type: 'anybody', ...admin }
  throw new StartError(
    `Serving on ${host} lets the whole network in. Set a key with POLL_CHAT_KEY or --key-file, or say --open if you mean it.`,
  )
}
