/** Connects to the cluster and makes sure of the streams. Whatever is wrong there is said in one sentence. */
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { jserrors } from '@nats-io/jetstream/internal'
import { type KV, Kvm } from '@nats-io/kv'
import {
  type Authenticator,
  connect,
  credsAuthenticator,
  errors,
  type NatsConnection,
  nanos,
} from '@nats-io/transport-node'
import { ChatError } from '@poll-chat/protocol'
import type { Engine, Log } from '../../log/contract.ts'
import { REMEMBER_TRIMMED_MS } from '../../log/retention.ts'
import { StartError } from '../../log/start-error.ts'
import { Tally } from '../../metrics/tally.ts'
import type { EngineOptions } from '../engine-options.ts'
import { type NatsAddress, type NatsFiles, readAddress } from './address.ts'
import { Connection } from './connection.ts'
import { isWrongLastSequence, permissionFault } from './failures.ts'
import { JetStreamLog } from './log.ts'
import { LAYOUT_KEY, shardNames, trimmedNames } from './names.ts'
import { openPeers } from './peers.ts'
import { Removed } from './removed.ts'
import { SearchCopy } from './search.ts'
import { JetStreamStore } from './store.ts'
import { transferOf } from './transfer.ts'

/** A server that is stopped takes connections, but says nothing: then the next one is tried, in milliseconds. */
const CONNECT_MS = 2_000

/** How long a cluster may take to be able to store, in milliseconds: one that starts with us has to elect its leaders. */
const READY_MS = 30_000

/** Between attempts to connect again, in milliseconds. */
const RECONNECT_MS = 250

type Layout = { version: 1; shards: number }

type Stream = Partial<StreamConfig> & { name: string }

/**
 * Opens the log on the cluster that a URL names; made when it is not there.
 * @throws StartError with a sentence that says what to do
 */
export async function openJetStream(
  url: string,
  files?: NatsFiles,
  { tally = new Tally(), retention }: EngineOptions = {},
): Promise<Engine> {
  const address = readAddress(url, files)
  const nats = await connectTo(address)
  try {
    checkServer(nats, address)
    const connection = await Connection.over(nats, tally)
    void keepWatch(connection)
    const { bucket, revision, gone, layout } = await prepare(connection, address)
    const removed = await Removed.open(connection, gone, goneBucketOf(address))
    const { prefix } = address
    const log = new JetStreamLog({ connection, prefix, shardCount: layout.shards, removed, retention })
    await log.begin()
    const store = new JetStreamStore(connection, bucket, bucketOf(address), revision)
    const ready = () => log.ready()
    const engine = { log, store, ready, transfer: transferOf(log), peers: openPeers(connection, address.prefix) }
    if (!files?.search) return engine
    const { created } = (await bucket.status()).streamInfo
    const options = {
      connection,
      shards: log.shards,
      removed,
      path: files.search.file,
      retention,
      log: `${address.prefix} ${created}`,
    }
    const search = await SearchCopy.open(options)
    return { ...engine, search, log: closingWith(log, search) }
  } catch (error) {
    await nats.close()
    throw asStartError(error, address)
  }
}

/** The copy is closed first: it reads from the log. */
function closingWith(log: JetStreamLog, search: SearchCopy): Log {
  const close = log.close.bind(log)
  return Object.assign(log, {
    async close() {
      await search.close()
      await close()
    },
  })
}

function bucketOf({ prefix }: NatsAddress): string {
  return `${prefix}-store`
}

function goneBucketOf({ prefix }: NatsAddress): string {
  return `${prefix}-gone`
}

async function connectTo(address: NatsAddress): Promise<NatsConnection> {
  const { servers, user, pass, creds, tls } = address
  const authenticator = creds && authenticatorOf(creds)
  try {
    return await connect({
      servers,
      name: 'poll-chat',
      timeout: CONNECT_MS,
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
      reconnectTimeWait: RECONNECT_MS,
      // A server that stopped without closing its connections is left after this time, twice.
      pingInterval: 2_000,
      maxPingOut: 2,
      ...(user !== undefined && { user }),
      ...(pass !== undefined && { pass }),
      ...(authenticator && { authenticator }),
      ...(tls && { tls: tls.ca === undefined ? {} : { ca: tls.ca } }),
    })
  } catch (error) {
    throw asStartError(error, address)
  }
}

/** Tried once: the client would say only when it connects that the file has no credentials. */
function authenticatorOf(creds: Uint8Array): Authenticator {
  const authenticator = credsAuthenticator(creds)
  try {
    authenticator('nonce')
    return authenticator
  } catch (cause) {
    throw new StartError(
      'The file of --nats-creds holds no credentials of a user, as "nsc generate creds" writes them.',
      {
        cause,
      },
    )
  }
}

/** The version is that of the server we are connected to; the others are looked at when we come to them. */
function versionFault(nats: NatsConnection): string | undefined {
  const version = nats.info?.version ?? ''
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number)
  if (major < 2 || (major === 2 && minor < 9)) return `NATS server ${version} is too old; poll-chat needs 2.9 or newer.`
  if (major === 2 && minor === 10 && patch >= 20 && patch <= 22)
    return `NATS server ${version} can lose whole streams when it is killed; install 2.10.23 or newer.`
  return undefined
}

/** One of a cluster may have no JetStream itself; one that is alone will not get it. */
function checkServer(nats: NatsConnection, { servers }: NatsAddress): void {
  const fault = versionFault(nats)
  if (fault) throw new StartError(fault)
  if (!nats.info?.jetstream && !nats.info?.cluster) throw new StartError(withoutJetStream(servers.join(', ')))
}

function withoutJetStream(where: string): string {
  return `NATS at ${where} has no JetStream; switch it on in nats-server ("jetstream {}" or -js), and see that most of the cluster runs.`
}

async function keepWatch(connection: Connection): Promise<void> {
  for await (const { type } of connection.nats.status()) {
    if (type === 'disconnect') connection.lostAt ??= performance.now()
    if (type !== 'reconnect') continue
    connection.server++
    connection.lostAt = undefined
    connection.refused = versionFault(connection.nats)
  }
}

/** @throws StartError when the cluster cannot store within the time that a start takes */
async function prepare(
  connection: Connection,
  address: NatsAddress,
): Promise<{ bucket: KV; revision: number; gone: KV; layout: Layout }> {
  const { manager, nats } = connection
  const replicas = address.replicas ?? (nats.info?.cluster ? 3 : 1)
  return connection.patiently(async () => {
    const kvm = new Kvm(connection.jetstream)
    const options = { history: 1, replicas, storage: StorageType.File, allow_direct: false }
    const bucket = await kvm.create(bucketOf(address), options)
    const gone = await kvm.create(goneBucketOf(address), options)
    const layout = await readLayout(bucket, { version: 1, shards: address.shards })
    const shards = Array.from({ length: layout.shards }, (_, shard) => shardNames(address.prefix, shard))
    const streams = shards.flatMap((names): Stream[] => [
      {
        name: names.messages,
        subjects: [names.rooms],
        allow_direct: true,
        republish: { src: names.rooms, dest: names.live },
      },
      { name: names.ids, subjects: [names.everyId], allow_direct: true, max_msgs_per_subject: 1 },
    ])
    const trimmed = trimmedNames(address.prefix)
    streams.push({
      name: trimmed.stream,
      subjects: [trimmed.every],
      allow_direct: true,
      max_msgs_per_subject: 1,
      max_age: nanos(REMEMBER_TRIMMED_MS),
    })
    await Promise.all(streams.map((stream) => ensureStream(manager, { ...stream, num_replicas: replicas })))
    const { streamInfo } = await bucket.status()
    return { bucket, revision: streamInfo.state.last_seq, gone, layout }
  }, READY_MS)
}

/** Several nodes may begin at once: the first one's number of shards counts, for good. */
async function readLayout(bucket: KV, wanted: Layout): Promise<Layout> {
  const there = await bucket.get(LAYOUT_KEY)
  if (there) {
    const layout: Layout = JSON.parse(there.string())
    if (layout.version === 1) return layout
    throw new StartError('The data in NATS were written by a newer poll-chat; install that version.')
  }
  try {
    await bucket.create(LAYOUT_KEY, JSON.stringify(wanted))
    return wanted
  } catch (error) {
    if (isWrongLastSequence(error)) return readLayout(bucket, wanted)
    throw error
  }
}

/** One that is there stays as it is: its replicas may have been changed with the tools of NATS. */
async function ensureStream(manager: JetStreamManager, stream: Stream): Promise<void> {
  try {
    await manager.streams.info(stream.name)
  } catch (error) {
    if (!hasCode(error, STREAM_NOT_FOUND)) throw error
    await addStream(manager, stream)
  }
}

async function addStream(manager: JetStreamManager, stream: Stream): Promise<void> {
  try {
    await manager.streams.add({
      ...stream,
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      // What does not fit is refused: a log must not lose its beginning silently.
      discard: DiscardPolicy.New,
    })
  } catch (error) {
    if (!hasCode(error, STREAM_NAME_IN_USE)) throw error // by another node, which has just made it
  }
}

const STREAM_NOT_FOUND = 10059
const STREAM_NAME_IN_USE = 10058

function hasCode(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code
}

function asStartError(error: unknown, { servers }: NatsAddress): unknown {
  if (error instanceof StartError) return error
  const cause = error instanceof ChatError ? error.cause : error
  const detail = detailOf(cause, servers)
  return detail === undefined ? error : new StartError(detail, { cause: error })
}

function detailOf(cause: unknown, servers: string[]): string | undefined {
  const where = servers.join(', ')
  if (cause instanceof errors.AuthorizationError || cause instanceof errors.UserAuthenticationExpiredError)
    return `NATS at ${where} does not accept these credentials; give those of its configuration with --nats-creds, or in the address.`
  if (cause instanceof jserrors.JetStreamNotEnabled) return withoutJetStream(where)
  if (cause instanceof JetStreamApiError) return `JetStream at ${where} refuses: ${cause.message}.`
  const fault = permissionFault(cause)
  if (fault) return `NATS at ${where} does not allow this account to ${fault.operation} ${fault.subject}.`
  if (cause instanceof errors.TimeoutError)
    return `NATS at ${where} does not answer. See that most of the cluster's servers run and reach each other.`
  if (cause instanceof errors.ConnectionError && cause.message.includes("support 'tls'"))
    return `NATS at ${where} does not speak TLS; give it a certificate, or use nats:// without --nats-ca.`
  if (isCertificateFault(cause))
    return `NATS at ${where} shows a certificate that is not trusted: ${cause.message}. Name who signed it with --nats-ca.`
  if (cause instanceof errors.ConnectionError || (cause instanceof Error && 'code' in cause))
    return `No NATS server can be reached at ${where}: ${cause.message}.`
  return undefined
}

/** Codes of OpenSSL, as Node gives them: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const CERTIFICATE_FAULTS = /CERT|SIGNED|ISSUER|ALTNAME/

function isCertificateFault(cause: unknown): cause is Error {
  const { cause: inner } = cause instanceof Error ? cause : {}
  return [cause, inner].some(
    (error) => error instanceof Error && 'code' in error && CERTIFICATE_FAULTS.test(String(error.code)),
  )
}
