/**
 * The thread that owns the database: the only one that waits for the disk.
 * Group commit: whatever arrived while the last transaction was being written is one transaction, so that one `fsync`
 * serves them all, and nothing is answered before it.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { CursorReset, type Message } from '@poll-chat/protocol'
import { StartError } from '../log/start-error.ts'
import { openDatabase } from './sqlite-database.ts'
import type { Answer, Failure, FromWorker, Request, ToWorker, WorkerData } from './sqlite-protocol.ts'
import { prepareStatements } from './sqlite-statements.ts'

/** A request, and whom to answer. */
type Asked = { port: MessagePort; request: Request }

if (!parentPort) throw new Error('This file runs as a worker thread.')
const parent = parentPort
const { path }: WorkerData = workerData
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
  const ports = new Set<MessagePort>()
  let waiting: Asked[] = []
  attend(parent)

  function attend(port: MessagePort): void {
    ports.add(port)
    port.on('close', () => ports.delete(port))
    port.on('message', (message: ToWorker) => {
      if ('connect' in message) return attend(message.connect)
      // Once per turn: all that lies in the ports by now joins the group.
      if (waiting.length === 0) setImmediate(commitGroup)
      for (const request of message) waiting.push({ port, request })
    })
  }

  function commitGroup(): void {
    const group = waiting
    waiting = []
    const writes = group.some(({ request }) => isWrite(request))
    const appended: Message[] = []
    let answers: Answer[]
    try {
      if (writes) database.exec('BEGIN IMMEDIATE')
      answers = group.map(({ request }) => answerTo(request, appended))
      if (writes) database.exec('COMMIT')
    } catch (error) {
      appended.length = 0
      if (database.isTransaction) database.exec('ROLLBACK')
      answers = retryReads(group, error)
    }
    const closes = group.some(({ request }) => request.name === 'close')
    if (closes) database.close() // before the answer: whoever opens the file again must not find it in use
    for (const port of ports) {
      const own = ports.size === 1 ? answers : answers.filter((_, place) => group[place]?.port === port)
      if (own.length > 0 || appended.length > 0) tell(port, { type: 'answers', answers: own, appended })
    }
    if (closes) for (const port of ports) port.close()
  }

  /** What was stored stays readable when nothing can be written. */
  function retryReads(group: Asked[], writeError: unknown): Answer[] {
    return group.map(({ request }) => {
      if (isWrite(request)) return { ticket: request.ticket, failure: unavailable(writeError) }
      try {
        return answerTo(request, [])
      } catch (error) {
        return { ticket: request.ticket, failure: unavailable(error) }
      }
    })
  }

  function answerTo(request: Request, appended: Message[]): Answer {
    const { ticket } = request
    try {
      return { ticket, answer: run(request, appended) }
    } catch (error) {
      if (!(error instanceof CursorReset)) throw error
      const { reason, oldest, newest } = error
      return { ticket, failure: { type: 'reset', reason, oldest, newest } }
    }
  }

  function run(request: Request, appended: Message[]): unknown {
    switch (request.name) {
      case 'append': {
        const result = statements.append(request.draft)
        if (!result.repeated) appended.push(result.message)
        return result
      }
      case 'read':
        return statements.read(request.room, request.after, request.limit)
      case 'page':
        return statements.page(request.room, request.limit, request.before)
      case 'head':
        return statements.head(request.room)
      case 'rooms':
        return statements.rooms(request.limit)
      case 'get':
        return statements.get(request.key)
      case 'put':
        return statements.put(request.key, request.value, request.expected)
      case 'delete':
        return statements.delete(request.key)
      case 'list':
        return statements.list(request.prefix)
      case 'close':
        return undefined
    }
  }
}

function isWrite({ name }: Request): boolean {
  return name === 'append' || name === 'put' || name === 'delete'
}

function unavailable(error: unknown): Failure {
  return { type: 'unavailable', detail: error instanceof Error ? error.message : String(error) }
}
