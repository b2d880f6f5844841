import { networkInterfaces } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { DEFAULT_PORT } from '@poll-chat/protocol'
import type { ServerConfig } from '@poll-chat/server'
import { accountFolder } from '../account-folder.ts'
import type { CommandLine } from '../command-line.ts'
import { UsageError } from '../failure.ts'
import { readLimits, readProxies } from '../limits.ts'
import { t } from '../messages/language.ts'
import { DEFAULT_SERVER, type Env, readKey, readKeyOf, readSwitch, readWhole, setting } from '../options.ts'
import { readRetention } from '../retention.ts'
import { onClosedOutput, print, say } from '../terminal/output.ts'
import { ADMIN_KEY_FILE } from './admin.ts'

export type ServeFlags = {
  port?: string
  host?: string
  data?: string
  engine?: string
  natsCreds?: string
  natsCa?: string
  natsIndex?: string
  logLevel?: string
  threads?: string
  lane?: string
  retain?: string
  limits?: string
  trustProxy?: string
  tlsCert?: string
  tlsKey?: string
  keyFile?: string
  adminKeyFile?: string
  open?: boolean
}

export type RunningServer = { url: string; reload(): void; close(): Promise<void> }

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const satisfies ServerConfig['logLevel'][]

/** More threads than any machine has use for only take memory. */
const MAX_THREADS = 64

/** How long a server may take to close, in milliseconds. Service managers and `docker stop` kill after 10 s. */
const CLOSE_WITHIN_MS = 4_500

export function addServe(line: CommandLine): void {
  line
    .command('serve', t.serve, t.help.exitCodes)
    .option('--port <port>', t.serve.port)
    .option('--host <address>', t.serve.host)
    .option('--data <folder>', t.serve.data)
    .option('--engine <url>', t.serve.engine)
    .option('--nats-creds <file>', t.serve.natsCreds)
    .option('--nats-ca <file>', t.serve.natsCa)
    .option('--nats-index <file>', t.serve.natsIndex)
    .option('--log-level <level>', t.serve.logLevel)
    .option('--threads <count>', t.serve.threads)
    .option('--lane <on|off>', t.serve.lane)
    .option('--retain <age,count>', t.serve.retain)
    .option('--limits <figures>', t.serve.limits)
    .option('--trust-proxy <addresses>', t.serve.trustProxy)
    .option('--tls-cert <file>', t.serve.tlsCert)
    .option('--tls-key <file>', t.serve.tlsKey)
    .option('--key-file <file>', t.serve.keyFile)
    .option('--admin-key-file <file>', t.serve.adminKeyFile)
    .option('--open', t.serve.open)
    .action(async (flags) => serve(await readServing(line.merged(flags), line.env)))
}

export async function readServing(flags: ServeFlags, env: Env): Promise<ServerConfig> {
  const key = readKey(flags, env)
  const engine = await readEngine(flags, env)
  const adminKey = readKeyOf(flags.adminKeyFile, env, 'POLL_CHAT_ADMIN_KEY')
  return {
    host: flags.host ?? '127.0.0.1',
    port: readWhole(flags.port, '--port', { min: 0, max: 65_535, or: DEFAULT_PORT }),
    engine,
    nats: {
      ...(flags.natsCreds !== undefined && { creds: flags.natsCreds }),
      ...(flags.natsCa !== undefined && { ca: flags.natsCa }),
      search: { ...(flags.natsIndex !== undefined && { file: flags.natsIndex }) },
    },
    ...(key !== undefined && { key }),
    ...(adminKey !== undefined && { adminKey }),
    ...(engine.startsWith('sqlite:') && {
      adminKeyFile: join(dirname(engine.slice('sqlite:'.length)), ADMIN_KEY_FILE),
    }),
    open: flags.open === true,
    threads: readWhole(flags.threads, '--threads', { min: 1, max: MAX_THREADS, or: 1 }),
    lane: readSwitch(flags.lane, '--lane', true),
    retention: readRetention(flags.retain, env),
    limits: readLimits(flags.limits, env),
    trustProxy: readProxies(flags.trustProxy, env),
    tls: readTls(flags, env),
    logLevel: readLogLevel(flags.logLevel),
  }
}

/** Where the log lies: in a folder of this machine, or where `--engine` says. */
export async function readEngine(flags: Pick<ServeFlags, 'data' | 'engine'>, env: Env): Promise<string> {
  if (flags.data !== undefined && flags.engine !== undefined) throw new UsageError(t.usage.engineAndData)
  const engine = flags.data === undefined ? setting(flags.engine, env, 'POLL_CHAT_ENGINE') : undefined
  if (engine !== undefined) return engine
  return flags.data === ':memory:' ? 'memory:' : `sqlite:${join(await dataFolder(flags.data), 'poll-chat.db')}`
}

/** Both or neither: a certificate is of no use without its key. */
function readTls(flags: ServeFlags, env: Env): ServerConfig['tls'] {
  const cert = setting(flags.tlsCert, env, 'POLL_CHAT_TLS_CERT')
  const key = setting(flags.tlsKey, env, 'POLL_CHAT_TLS_KEY')
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) throw new UsageError(t.usage.halfTls)
  return { cert: resolve(cert), key: resolve(key) }
}

/** The folder in which the database lies; the server makes it, for its owner alone. */
async function dataFolder(flag: string | undefined): Promise<string> {
  if (flag === '') throw new UsageError(t.usage.noDataFolder)
  const folder = flag === undefined ? await accountFolder() : resolve(flag)
  if (folder === undefined) throw new UsageError(t.usage.noHome)
  return folder
}

/** A person at a terminal is told of what goes wrong only; whoever collects logs wants to see the requests as well. */
function readLogLevel(flag: string | undefined): ServerConfig['logLevel'] {
  if (flag === undefined) return process.stderr.isTTY ? 'warn' : 'info'
  const level = LOG_LEVELS.find((name) => name === flag)
  if (level === undefined) throw new UsageError(t.usage.notOneOf('--log-level', LOG_LEVELS.join(', '), flag))
  return level
}

export async function launch(config: ServerConfig): Promise<RunningServer> {
  const { startServer } = await import('@poll-chat/server')
  return startServer(config)
}

/**
 * V8 is made for programs that compute, and lets the space for new objects grow to 128 MB: with some thousand newcomers a collection
 * copies most of it, while everybody waits for a tenth of a second. Here that space stays as small as it is at the start. In every thread:
 * a process has one set of flags, which the heaps of all its threads read whenever they might grow, whether they were made before or after.
 */
function keepCollectionsShort(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}

/** Serves until SIGTERM or SIGINT. */
export async function serve(config: ServerConfig): Promise<void> {
  keepCollectionsShort()
  const signals = new StopSignals()
  let server: RunningServer
  try {
    server = await launch(config)
  } catch (error) {
    signals.ignore()
    throw error
  }
  onClosedOutput(() => undefined) // `poll-chat serve | head -1` has read the start line; the server goes on
  await print(startLine(server.url, config))
  if (config.tls) process.on('SIGHUP', () => server.reload()) // else it ends the process, as a closed terminal should
  await signals.first
  await close(server)
}

/** A signal that comes so soon after another is the same one: npm hands on the Ctrl-C that the terminal gave to both. */
const SAME_SIGNAL_MS = 200

/** Listens from its making on, so that no signal is lost while a server starts. A second signal exits at once. */
class StopSignals {
  readonly first: Promise<void>
  readonly #onSignal: () => void
  readonly #orphanWatch: NodeJS.Timeout | undefined

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>()
    let askedAt: number | undefined
    this.first = promise
    this.#onSignal = () => {
      if (askedAt !== undefined && performance.now() - askedAt > SAME_SIGNAL_MS) process.exit(1)
      askedAt ??= performance.now()
      resolve()
    }
    process.on('SIGTERM', this.#onSignal)
    process.on('SIGINT', this.#onSignal)
    // npm runs us in a shell that hands on no signal: when npm is ended, only our parent changes.
    const parent = process.ppid
    if (startedByNpm()) this.#orphanWatch = setInterval(() => process.ppid !== parent && resolve(), 500).unref()
  }

  ignore(): void {
    process.off('SIGTERM', this.#onSignal)
    process.off('SIGINT', this.#onSignal)
    clearInterval(this.#orphanWatch)
  }
}

/** What was acknowledged is on disk, so a close that hangs loses nothing by being cut off. */
export async function close(server: RunningServer): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), CLOSE_WITHIN_MS)
  })
  const outcome = await Promise.race([server.close(), late])
  clearTimeout(timer)
  if (outcome === 'late') say(t.serving.closingTookLong)
}

/** How to type the command that this process was started with: in a checkout it is not on the path. */
export function ownCommand(): string {
  return startedByNpm() ? 'npx poll-chat' : 'poll-chat'
}

function startedByNpm(): boolean {
  return process.env.npm_command !== undefined
}

/** One line: where the server is, and how others get in. */
function startLine(url: string, { host, key }: ServerConfig): string {
  const { protocol, port } = new URL(url)
  const reachable = host === '0.0.0.0' || host === '::' ? `${protocol}//${ownAddress()}:${port}` : url
  const command = reachable === DEFAULT_SERVER ? `${ownCommand()} join` : `${ownCommand()} join ${reachable}`
  return `${t.serving.serving(url, command)}${key === undefined ? '' : t.serving.andTheKey}\n`
}

/** An address of this machine that others can use. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flat()
  return all.find((one) => one?.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.1'
}
