/**
 * The durable log: SQLite in a worker thread. This side only sends requests over and settles their answers; it never
 * touches the disk, so that a slow one holds up no reader who can be answered from memory.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import {
  type Batch,
  ChatError,
  type Cursor,
  CursorReset,
  MAX_PENDING_APPENDS,
  type Message,
  type RoomSummary,
} from '@poll-chat/protocol'
import { asTrimmed, batchAfter, pageOf } from '../log/batch.ts'
import type { Appended, Draft, Engine, Entry, Gone, Log, PutOptions, Store } from '../log/contract.ts'
import { StartError } from '../log/start-error.ts'
import { Tally } from '../metrics/tally.ts'
import type { EngineOptions } from './engine-options.ts'
import type {
  AnyAsk,
  Ask,
  Failure,
  FromWorker,
  Name,
  Operations,
  Request,
  ToWorker,
  WorkerData,
} from './sqlite-protocol.ts'
import { StoreWatchers } from './store-watchers.ts'

/** Beside this file, compiled or not. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js', import.meta.url)

/**
 * Opens the database at `path`, made when it is not there.
 * @throws StartError when it cannot be opened, with a sentence that says what to do
 */
export async function openSqlite(
  path: string,
  { tally = new Tally(), retention }: EngineOptions = {},
): Promise<Engine> {
  const worker = new Worker(WORKER, { workerData: { path, retention } satisfies WorkerData })
  const first = await new Promise<FromWorker>((resolve, reject) => {
    const onExit = () => reject(new Error("The log's thread has ended before the log was open."))
    worker.once('message', resolve).once('error', reject).once('exit', onExit)
  })
  if (first.type === 'cannot-open') {
    await worker.terminate()
    throw new StartError(first.detail)
  }
  worker.removeAllListeners('error').removeAllListeners('exit')
  const connection = new LogConnection(worker, tally)
  let failure: unknown
  worker.on('error', (error) => {
    failure = error
    connection.stop(error)
  })
  worker.on('exit', (code) => {
    connection.stop(new Error('The log is closed.'))
    // A server without its log could only refuse: whoever supervises the process starts it whole again.
    if (connection.isClosing) return
    const why = failure instanceof Error ? failure.message : `code ${code}`
    throw new Error(`The log's thread has ended by itself: ${why}.`, { cause: failure })
  })
  return { ...engineOver(connection), share: () => share(worker) }
}

/** The engine that another thread shared: the same log, through a port of its own. Closing it closes the port alone. */
export function openShared(port: MessagePort, tally = new Tally()): Engine {
  const connection = new LogConnection(port, tally)
  port.on('close', () => connection.stop(new Error('The log is closed.')))
  const engine = engineOver(connection)
  async function close(): Promise<void> {
    await engine.store.get('') // answered in order: what was asked before has been done by then
    port.close()
  }
  return { ...engine, log: Object.assign(engine.log, { close }) }
}

function share(worker: Worker): MessagePort {
  const { port1, port2 } = new MessageChannel()
  worker.postMessage({ connect: port2 } satisfies ToWorker, [port2])
  return port1
}

function engineOver(connection: LogConnection): Engine {
  return {
    log: new SqliteLog(connection),
    store: new SqliteStore(connection),
    search: { find: (find) => connection.ask({ name: 'find', find }) },
    transfer: {
      keepsIndexes: true,
      rooms: () => connection.ask({ name: 'places' }),
      restoreFloor: (room, floor) => connection.ask({ name: 'restoreFloor', room, floor }),
      restore: (room, messages, head) => connection.ask({ name: 'restore', room, messages, head }),
    },
    backup: () => connection.ask({ name: 'backup' }),
  }
}

type Answers = Extract<FromWorker, { type: 'answers' }>

type Pending = { resolve(answer: unknown): void; reject(error: Error): void }

/** Requests to the log's thread and their answers. Requests of one turn travel together. */
class LogConnection {
  readonly watchers = new Set<(messages: readonly Message[]) => void>()
  readonly goneWatchers = new Set<(gone: readonly Gone[]) => void>()
  readonly #storeWatchers = new StoreWatchers()
  readonly #port: Worker | MessagePort
  readonly #tally: Tally
  readonly #pending = new Map<number, Pending>()
  #outgoing: Request[] = []
  #ticket = 0
  #stopped: ChatError | undefined
  #isClosing = false

  constructor(port: Worker | MessagePort, tally: Tally) {
    this.#port = port
    this.#tally = tally
    port.on('message', (message: FromWorker) => message.type === 'answers' && this.#settle(message))
  }

  /** Whether it was told to end. */
  get isClosing(): boolean {
    return this.#isClosing
  }

  get pendingCount(): number {
    return this.#pending.size
  }

  ask<N extends Name>(ask: Ask<N>): Promise<Operations[N]['answer']>
  ask(ask: AnyAsk): Promise<unknown> {
    if (this.#stopped) return Promise.reject(this.#stopped)
    if (ask.name === 'close') this.#isClosing = true
    const ticket = ++this.#ticket
    if (this.#outgoing.length === 0) setImmediate(() => this.#post())
    this.#outgoing.push({ ...ask, ticket })
    return new Promise((resolve, reject) => this.#pending.set(ticket, { resolve, reject }))
  }

  /** The worker tells of a prefix once it has been watched, to the end. */
  watchStore(prefix: string, listener: (key: string) => void): () => void {
    this.#port.postMessage({ watch: prefix } satisfies ToWorker)
    return this.#storeWatchers.add(prefix, listener)
  }

  #post(): void {
    this.#port.postMessage(this.#outgoing satisfies ToWorker)
    this.#outgoing = []
  }

  /** Announces before it resolves: whoever's send returned can read the message. */
  #settle({ answers, appended, gone, changed, commit }: Answers): void {
    if (commit) this.#tally.commit(commit.seconds, commit.writes)
    this.#storeWatchers.announce(changed)
    if (appended.length > 0) for (const watcher of this.watchers) watcher(appended)
    if (gone.length > 0) for (const watcher of this.goneWatchers) watcher(gone)
    for (const answer of answers) {
      const pending = this.#pending.get(answer.ticket)
      this.#pending.delete(answer.ticket)
      if ('failure' in answer) pending?.reject(this.#toError(answer.failure))
      else pending?.resolve(answer.answer)
    }
  }

  #toError(failure: Failure): Error {
    if (failure.type === 'reset') return new CursorReset(failure.reason, failure.oldest, failure.newest)
    this.#tally.engineErrors++
    return new ChatError('log-unavailable', 'The log cannot be written or read just now; nothing was stored.', {
      cause: new Error(failure.detail),
      retryAfterMs: 1000,
    })
  }

  /** Nothing can be asked any more; what was asked fails. */
  stop(cause: unknown): void {
    this.#stopped ??= new ChatError('log-unavailable', 'The log has stopped.', { cause })
    for (const { reject } of this.#pending.values()) reject(this.#stopped)
    this.#pending.clear()
  }
}

class SqliteLog implements Log {
  readonly #connection: LogConnection

  constructor(connection: LogConnection) {
    this.#connection = connection
  }

  async append(draft: Draft): Promise<Appended> {
    if (this.#connection.pendingCount >= MAX_PENDING_APPENDS) {
      throw new ChatError('log-unavailable', 'The disk is not keeping up; nothing was stored.', { retryAfterMs: 1000 })
    }
    return this.#connection.ask({ name: 'append', draft })
  }

  async read(room: string, after: Cursor, limit: number): Promise<Batch> {
    const answer = await this.#connection.ask({ name: 'read', room, after, limit })
    return asTrimmed(batchAfter(answer.after, answer.messages), answer.trimmed)
  }

  async page(room: string, limit: number, before?: Cursor): Promise<Batch> {
    const { messages, older, empty, trimmed } = await this.#connection.ask({ name: 'page', room, limit, before })
    return asTrimmed(pageOf(messages, older, empty), trimmed)
  }

  head(room: string): Promise<Cursor> {
    return this.#connection.ask({ name: 'head', room })
  }

  rooms(limit: number): Promise<RoomSummary[]> {
    return this.#connection.ask({ name: 'rooms', limit })
  }

  watch(listener: (messages: readonly Message[]) => void): () => void {
    this.#connection.watchers.add(listener)
    return () => this.#connection.watchers.delete(listener)
  }

  remove(room: string, index: number): Promise<Message | undefined> {
    return this.#connection.ask({ name: 'remove', room, index })
  }

  watchGone(listener: (gone: readonly Gone[]) => void): () => void {
    this.#connection.goneWatchers.add(listener)
    return () => this.#connection.goneWatchers.delete(listener)
  }

  async close(): Promise<void> {
    await this.#connection.ask({ name: 'close' })
    this.#connection.watchers.clear()
    this.#connection.goneWatchers.clear()
  }
}

class SqliteStore implements Store {
  readonly #connection: LogConnection

  constructor(connection: LogConnection) {
    this.#connection = connection
  }

  get(key: string): Promise<Entry | undefined> {
    return this.#connection.ask({ name: 'get', key })
  }

  put(key: string, value: string, { expected }: PutOptions = {}): Promise<number | undefined> {
    return this.#connection.ask({ name: 'put', key, value, expected })
  }

  delete(key: string): Promise<void> {
    return this.#connection.ask({ name: 'delete', key })
  }

  list(prefix: string): Promise<string[]> {
    return this.#connection.ask({ name: 'list', prefix })
  }

  watch(prefix: string, listener: (key: string) => void): () => void {
    return this.#connection.watchStore(prefix, listener)
  }
}
