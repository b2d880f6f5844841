/** Listens, drains, closes. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { ChatError, type ErrorCode, KEEP_ALIVE_SECONDS, MAX_HEAD_BYTES } from '@poll-chat/protocol'
import { type Logger, pino } from 'pino'
import { type AppOptions, createApp } from './app.ts'
import type { ServerConfig } from './config.ts'
import { openEngine } from './engines/open.ts'
import { Hub } from './hub/hub.ts'
import { StartError } from './log/start-error.ts'
import { problemHeaders, problemJson } from './middleware/errors.ts'
import { isLoopbackName } from './middleware/identity.ts'

/** How long a head and a whole request may take to arrive, in milliseconds. Answers may take as long as they like. */
const HEAD_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000

/** Over how long waiters are answered at the end, and how long requests under way may then take, in milliseconds. */
const DRAIN_MS = 500
const CLOSE_MS = 3_500

export type RunningServer = {
  /** Where it is reached from this machine. */
  readonly url: string
  /** Answers all who wait, finishes what is under way, closes the log. At most 5 s. Calling it again waits for the same. */
  close(): Promise<void>
}

/**
 * Opens the log and serves it.
 * @throws StartError with a sentence that says what to do; nothing is left open
 */
export async function startServer(config: ServerConfig): Promise<RunningServer> {
  const access = accessOf(config)
  const logger = pino({ level: config.logLevel }, pino.destination(2))
  const engine = await openEngine(config.engine)
  const hub = new Hub(engine.log)
  const app = createApp({ ...engine, hub, logger, access })
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
      headersTimeout: HEAD_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 2_000,
      maxHeaderSize: MAX_HEAD_BYTES,
    },
    getRequestListener(app.fetch),
  )
  server.on('clientError', refuseRequest)
  try {
    await listen(server, config)
  } catch (error) {
    await engine.log.close()
    throw error
  }
  const url = urlOf(server)
  logger.info({ url, engine: config.engine, access: access.type }, 'listening')

  let closing: Promise<void> | undefined
  return { url, close: () => (closing ??= close(server, hub, engine.log, logger)) }
}

function accessOf({ host, key, open }: ServerConfig): AppOptions['access'] {
  if (key !== undefined) return { type: 'key', key }
  if (isLoopbackName(host)) return { type: 'loopback' }
  if (open) return { type: 'anybody' }
  throw new StartError(
    `Serving on ${host} lets the whole network in. Set a key with POLL_CHAT_KEY or --key-file, or say --open if you mean it.`,
  )
}

function listen(server: Server, { host, port }: ServerConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, port)))
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port }, resolve)
  })
}

function listenError(error: Error, host: string, port: number): Error {
  const code = 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return new AddressInUse(`Port ${port} is taken. Choose another one with --port.`, { cause: error })
  if (code === 'EACCES')
    return new StartError(`Port ${port} needs more rights. Choose one above 1023 with --port.`, { cause: error })
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StartError(`This machine has no address ${host}.`, { cause: error })
  return new StartError(`Cannot listen on ${host}:${port}: ${error.message}.`, { cause: error })
}

/** Somebody else listens there: perhaps a poll-chat to join. */
export class AddressInUse extends StartError {
  override name = 'AddressInUse'
}

function urlOf(server: Server): string {
  const { address, family, port }: Pick<AddressInfo, 'address' | 'family' | 'port'> = addressOf(server)
  const isAny = address === '0.0.0.0' || address === '::'
  const host = isAny ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address
  return `http://${host}:${port}`
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a port.')
  return address
}

async function close(server: Server, hub: Hub, log: AppOptions['log'], logger: Logger): Promise<void> {
  logger.info({ waiting: hub.waiting }, 'closing')
  const closed = new Promise((resolve) => server.close(resolve))
  await hub.drain(DRAIN_MS)
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS)
  await closed
  clearTimeout(cut)
  await log.close()
  logger.info('closed')
}

/** What Node refuses before there is a request. */
function refuseRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const problem = new ChatError(...clientProblem(error.code))
  const body = problemJson(problem.toProblem())
  const headers = { ...problemHeaders(problem), 'Content-Length': Buffer.byteLength(body), Connection: 'close' }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${problem.status} ${problem.toProblem().title}\r\n${head.join('')}\r\n${body}`)
}

function clientProblem(code: string | undefined): [ErrorCode, string] {
  if (code === 'HPE_HEADER_OVERFLOW') return ['head-too-large', `URL and headers are over ${MAX_HEAD_BYTES} bytes.`]
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['timeout', 'The request did not arrive in time.']
  return ['bad-request', 'This is not HTTP/1.1.']
}
