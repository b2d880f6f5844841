/**
 * The thread that owns the database: the only one that waits for the disk.
 * Group commit: whatever arrived while the last transaction was being written is one transaction, so that one `fsync`
 * serves them all, and nothing is answered before it.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { CursorReset, type Message } from '@poll-chat/protocol'
import type { Gone } from '../log/contract.ts'
import { StartError } from '../log/start-error.ts'
import { Backups } from './sqlite-backup.ts'
import { type Chore, Chores } from './sqlite-chores.ts'
import { openDatabase } from './sqlite-database.ts'
import type { Answer, Commit, Failure, FromWorker, Request, ToWorker, WorkerData } from './sqlite-protocol.ts'
import { openTrimmer, TRIM_AFTER_MS } from './sqlite-retention.ts'
import { openScrubber, SCRUB_AFTER_MS } from './sqlite-scrub.ts'
import { openSearchIndex } from './sqlite-search.ts'
import { prepareStatements } from './sqlite-statements.ts'

/** A request, and whom to answer. */
type Asked = { port: MessagePort; request: Request }

/** How far the index for searching stays behind: so long, in milliseconds, or so many messages. Who searches waits for them. */
const INDEX_AFTER_MS = 60_000
const INDEX_BEHIND = 2_000

/** The index waits until nothing has been appended for so long, in milliseconds, unless it is this far behind. */
const QUIET_MS = 50
const INDEX_FAR_BEHIND = 50_000

/** How long the index lets others have the database between two slices, in milliseconds. */
const INDEX_PAUSE_MS = 5

const WRITES = new Set<Request['name']>(['append', 'remove', 'restore', 'restoreFloor', 'put', 'delete'])

const NOTHING = { answers: [], appended: [], gone: [], changed: [] }

/** How long a search lets the index catch up first, in milliseconds: several times what it may be behind. */
const CATCH_UP_MS = 1_000

/** What a group has done that others hear of. */
type Done = { appended: Message[]; gone: Gone[]; changed: string[] }

if (!parentPort) throw new Error('This file runs as a worker thread.')
const parent = parentPort
const { path, retention }: WorkerData = workerData
const tell = (port: MessagePort, message: FromWorker) => port.postMessage(message)

try {
  serve(await openDatabase(path))
  tell(parent, { type: 'open' })
} catch (error) {
  if (!(error instanceof StartError)) throw error
  tell(parent, { type: 'cannot-open', detail: error.message })
}

function serve(database: Awaited<ReturnType<typeof openDatabase>>): void {
  const statements = prepareStatements(database)
  const backups = new Backups(database, path, commitGroup)
  /** Who asks, with the prefixes of the store's keys that each watches. */
  const ports = new Map<MessagePort, string[]>()
  let waiting: Asked[] = []
  let isOpen = true
  const searchIndex = openSearchIndex(database)
  let behind = 0
  let appendedAt = 0
  const chores = new Chores(database, () => waiting.length === 0 && !backups.stepping)
  const indexing: Chore = {
    pauseMs: INDEX_PAUSE_MS,
    waitMs: () => (behind < INDEX_FAR_BEHIND ? appendedAt + QUIET_MS - performance.now() : 0),
    slice: () => searchIndex.indexSlice(),
    done(isMore) {
      if (!isMore) behind = 0
    },
  }
  const scrubbing = openScrubber(database)
  const trimming = retention && openTrimmer(database, retention, announceGone)
  const sweeping = trimming && setInterval(sweep, trimming.sweepMs)
  attend(parent)
  sweep()
  chores.begin(indexing, INDEX_AFTER_MS) // what an older version, or a crash, has left out
  if (scrubbing.isDue()) scrub()

  function attend(port: MessagePort): void {
    const watched: string[] = []
    ports.set(port, watched)
    port.on('close', () => ports.delete(port))
    port.on('message', (message: ToWorker) => {
      if ('connect' in message) return attend(message.connect)
      if ('watch' in message) return void watched.push(message.watch)
      // Once per turn: all that lies in the ports by now joins the group.
      for (const request of message) {
        if (request.name === 'backup') {
          void backUp({ port, request })
          continue
        }
        if (request.name === 'find') void catchUp().then(() => isOpen && join({ port, request }))
        else join({ port, request })
      }
    })
  }

  function join(asked: Asked): void {
    if (waiting.length === 0) setImmediate(() => backups.stepping || commitGroup())
    waiting.push(asked)
  }

  /** Beside the groups: it takes as long as the database is large. */
  async function backUp({ port, request: { ticket } }: Asked): Promise<void> {
    const answer = await backups.make().then(
      (file): Answer => ({ ticket, answer: file }),
      (error): Answer => ({ ticket, failure: unavailable(error) }),
    )
    tell(port, { type: 'answers', ...NOTHING, answers: [answer] })
  }

  function commitGroup(): void {
    if (waiting.length === 0) return
    const group = waiting
    waiting = []
    const writes = group.filter(({ request }) => isWrite(request)).length
    const began = performance.now()
    let commit: Commit | undefined
    let done: Done = { appended: [], gone: [], changed: [] }
    let answers: Answer[]
    try {
      if (writes > 0) database.exec('BEGIN IMMEDIATE')
      answers = group.map(({ request }) => answerTo(request, done))
      statements.settle()
      if (writes > 0) database.exec('COMMIT')
      if (writes > 0) commit = { seconds: (performance.now() - began) / 1000, writes }
    } catch (error) {
      done = { appended: [], gone: [], changed: [] }
      if (database.isTransaction) database.exec('ROLLBACK')
      statements.forget()
      answers = retryReads(group, error)
    }
    const { appended, gone } = done
    if (appended.length > 0) fallBehind(appended.length)
    if (trimming && retention?.count !== undefined && appended.length > 0) {
      for (const { room } of appended) trimming.touch(room)
      chores.begin(trimming, TRIM_AFTER_MS)
    }
    if (gone.length > 0) scrub()
    const answer = () => {
      for (const [port, watched] of ports) {
        const own = ports.size === 1 ? answers : answers.filter((_, place) => group[place]?.port === port)
        const changed = done.changed.filter((key) => watched.some((prefix) => key.startsWith(prefix)))
        const told = port === parent ? commit : undefined
        if (told || own.length + appended.length + gone.length + changed.length > 0)
          tell(port, { type: 'answers', answers: own, appended, gone, changed, commit: told })
      }
    }
    if (group.some(({ request }) => request.name === 'close')) void close(answer)
    else answer()
  }

  function scrub(): void {
    scrubbing.renew()
    chores.begin(scrubbing, SCRUB_AFTER_MS)
  }

  function sweep(): void {
    if (!trimming) return
    trimming.sweep()
    chores.begin(trimming, 0)
  }

  function announceGone(gone: Gone[]): void {
    for (const port of ports.keys()) tell(port, { type: 'answers', ...NOTHING, gone })
  }

  function fallBehind(count: number): void {
    behind += count
    appendedAt = performance.now()
    chores.begin(indexing, behind < INDEX_BEHIND ? INDEX_AFTER_MS : INDEX_PAUSE_MS)
  }

  /** What was acknowledged lately can be found. Appends go on meanwhile; a large log is found as far as it is indexed. */
  async function catchUp(): Promise<void> {
    const endsAt = performance.now() + CATCH_UP_MS
    while (isOpen && !backups.stepping && chores.slice(indexing) && performance.now() < endsAt) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Before the answer: whoever opens the file again must not find it in use. */
  async function close(answer: () => void): Promise<void> {
    isOpen = false
    clearInterval(sweeping)
    chores.end()
    await backups.end()
    database.close()
    answer()
    for (const port of ports.keys()) port.close()
  }

  /** What was stored stays readable when nothing can be written. */
  function retryReads(group: Asked[], writeError: unknown): Answer[] {
    return group.map(({ request }) => {
      if (isWrite(request)) return { ticket: request.ticket, failure: unavailable(writeError) }
      try {
        return answerTo(request, { appended: [], gone: [], changed: [] })
      } catch (error) {
        return { ticket: request.ticket, failure: unavailable(error) }
      }
    })
  }

  function answerTo(request: Request, done: Done): Answer {
    const { ticket } = request
    try {
      return { ticket, answer: run(request, done) }
    } catch (error) {
      if (!(error instanceof CursorReset)) throw error
      const { reason, oldest, newest } = error
      return { ticket, failure: { type: 'reset', reason, oldest, newest } }
    }
  }

  function run(request: Request, { appended, gone, changed }: Done): unknown {
    if (request.name !== 'append') statements.settle()
    switch (request.name) {
      case 'append': {
        const result = statements.append(request.draft)
        if (!result.repeated) appended.push(result.message)
        return result
      }
      case 'remove': {
        const { message, isNew } = statements.remove(request.room, request.index)
        if (message && isNew) gone.push({ type: 'deleted', message })
        return message
      }
      case 'read':
        return statements.read(request.room, request.after, request.limit)
      case 'page':
        return statements.page(request.room, request.limit, request.before)
      case 'places':
        return statements.places()
      case 'restoreFloor':
        gone.push({ type: 'trimmed', room: request.room, upTo: request.floor.index })
        return statements.restoreFloor(request.room, request.floor)
      case 'restore':
        appended.push(...request.messages)
        return statements.restore(request.room, request.messages, request.head)
      case 'head':
        return statements.head(request.room)
      case 'rooms':
        return statements.rooms(request.limit)
      case 'get':
        return statements.get(request.key)
      case 'put': {
        const revision = statements.put(request.key, request.value, request.expected)
        if (revision !== undefined) changed.push(request.key)
        return revision
      }
      case 'delete':
        changed.push(request.key)
        return statements.delete(request.key)
      case 'list':
        return statements.list(request.prefix)
      case 'find':
        return searchIndex.find(request.find)
      case 'backup': // not of a group
      case 'close':
        return undefined
    }
  }
}

function isWrite({ name }: Request): boolean {
  return WRITES.has(name)
}

function unavailable(error: unknown): Failure {
  return { type: 'unavailable', detail: error instanceof Error ? error.message : String(error) }
}
