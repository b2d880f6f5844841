/** A log behind node:http that speaks what the client asks, and breaks where it is told to. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import type { Batch, Message, Problem } from '@poll-chat/protocol'
import { CursorReset, cursorAfter, parseCursor } from '@poll-chat/protocol'

/**
 * Where to break one request: before anything is done; when it is done, with half a head, half a body, or the connection
 * cut after the whole answer; or with an answer of its own.
 */
export type Fault = 'before' | 'in-head' | 'in-body' | 'after' | ((response: ServerResponse) => void)

export type Seen = { method: string; url: URL; headers: IncomingMessage['headers']; body: string }

export class LogServer {
  readonly seen: Seen[] = []
  /** One for each request to come, in turn. */
  faults: (Fault | undefined)[] = []
  messages: Message[] = []
  /** Most messages in one batch. */
  page = 500
  readonly places = new Map<string, string>()
  /** Connections that were ever opened. */
  connections = 0
  #parked: { wake: () => void; response: ServerResponse }[] = []
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response))

  static async start(port = 0): Promise<LogServer> {
    const server = new LogServer()
    server.#server.listen(port, '127.0.0.1')
    server.#server.on('connection', () => server.connections++)
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return address.port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** What the server says about idle connections, in seconds. */
  set keepAliveSeconds(seconds: number) {
    this.#server.keepAliveTimeout = seconds * 1_000
  }

  append(text: string, id: string = crypto.randomUUID(), uid = 'alice'): Message {
    const index = (this.messages.at(-1)?.index ?? 0) + 1
    const message: Message = {
      index,
      id,
      room: 'lobby',
      from: { uid, verified: false },
      text,
      at: '2026-11-22T09:00:00Z',
    }
    this.messages.push(message)
    for (const { wake } of this.#parked.splice(0)) wake()
    return message
  }

  /** Resolves when a long poll hangs here. */
  async untilParked(): Promise<void> {
    while (this.#parked.length === 0) await new Promise((resolve) => setImmediate(resolve))
  }

  cutParked(): void {
    for (const { response } of this.#parked.splice(0)) response.destroy()
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.faults.shift()
    if (fault === 'before') {
      request.socket.destroy()
      return
    }
    const url = new URL(request.url ?? '/', 'http://fake')
    const body = await readText(request)
    this.seen.push({ method: request.method ?? '', url, headers: request.headers, body })
    if (typeof fault === 'function') fault(response)
    else await this.#answer(request.method ?? '', url, body, response, fault)
  }

  async #answer(method: string, url: URL, body: string, response: ServerResponse, fault?: Fault): Promise<void> {
    if (method === 'POST') return write(response, 200, this.#store(body), fault)
    const query = url.searchParams
    const inbox = url.pathname.endsWith('/inbox')
    const uid = query.get('uid') ?? ''
    const after = inbox ? this.#place(uid, query.get('ack')) : (query.get('after') ?? '0')
    const batch = this.#after(after)
    if (batch instanceof CursorReset) return write(response, 410, batch.toProblem(), fault)
    if (batch.messages.length > 0 || Number(query.get('wait') ?? 0) === 0) return write(response, 200, batch, fault)
    const wake = () => write(response, 200, this.#after(after), fault)
    this.#parked.push({ wake, response })
    response.on('close', () => {
      this.#parked = this.#parked.filter((waiter) => waiter.response !== response)
    })
  }

  #store(body: string) {
    const { id, uid, text }: { id: string; uid?: string; text: string } = JSON.parse(body)
    const message = this.messages.find((stored) => stored.id === id) ?? this.append(text, id, uid)
    return { message, next: cursorAfter(message) }
  }

  #place(uid: string, ack: string | null): string {
    const stored = this.places.get(uid)
    const place =
      ack !== null && (stored === undefined || indexOf(ack) > indexOf(stored)) ? ack : (stored ?? this.#head())
    this.places.set(uid, place)
    return place
  }

  #after(cursor: string): Batch | CursorReset {
    const index = indexOf(cursor)
    const at = this.messages.find((message) => message.index === index)
    const check = parseCursor(cursor)?.check
    if (at === undefined && index > 0) return new CursorReset('ahead', '0', this.#head())
    if (at !== undefined && check !== undefined && cursorAfter(at) !== cursor)
      return new CursorReset('diverged', '0', this.#head())
    const messages = this.messages.filter((message) => message.index > index).slice(0, this.page)
    const last = messages.at(-1)
    return { messages, next: last ? cursorAfter(last) : cursor }
  }

  #head(): string {
    const last = this.messages.at(-1)
    return last ? cursorAfter(last) : '0'
  }
}

/** An answer of any kind. */
export function answer(status: number, headers: Record<string, string>, body: string): Fault {
  return (response) => response.writeHead(status, headers).end(body)
}

export function problem(
  fields: Partial<Problem> & { status: number; code: string },
  headers: Record<string, string> = {},
): Fault {
  const body = JSON.stringify({ type: 'about:blank', title: '', detail: 'In plain words.', ...fields })
  return answer(fields.status, { 'content-type': 'application/problem+json', ...headers }, body)
}

function indexOf(cursor: string): number {
  return parseCursor(cursor)?.index ?? 0
}

function write(response: ServerResponse, status: number, value: unknown, fault?: Fault): void {
  const body = JSON.stringify(value)
  const type = status === 410 ? 'application/problem+json' : 'application/json'
  if (fault === 'in-head') {
    response.socket?.end(`HTTP/1.1 ${status} OK\r\ncontent-type: ${type}\r\ncontent-le`)
    return
  }
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  if (fault === 'in-body') {
    response.write(body.slice(0, body.length / 2), () => response.destroy())
    return
  }
  const { socket } = response
  response.end(body, () => {
    if (fault === 'after') socket?.destroy()
  })
}
