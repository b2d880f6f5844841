/** The connection to NATS: what is asked of JetStream, asked again until there is an answer or no time left. */
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { headers, type Msg, type MsgHdrs, type NatsConnection, type Subscription } from '@nats-io/transport-node'
import { ChatError } from '@poll-chat/protocol'
import type { Tally } from '../../metrics/tally.ts'
import { isFinal, toUnavailable } from './failures.ts'

/** How long one request may take, in milliseconds, before it is made again: a leader that stopped never answers. */
const ATTEMPT_MS = 1_000

/** The same where the next attempt may come to another server. */
const NEAR_MS = 300

/** How long to try, in milliseconds. A cluster that lost a leader has another after 4-9 s (NATS's election time-outs). */
const PATIENCE_MS = 12_000

/** How long something may fail before another server is tried, and then the next, in milliseconds. */
const SILENT_MS = 3_000

/** How long a connection may be lost before what is asked fails at once, in milliseconds: another server is near. */
const LOST_MS = 2_000

/** What a message bears beside its text: the key of its id, and up to where in the stream that was not there. */
export type Stamp = { key: string; since: number }

/** A message as a stream holds it. */
export type Stored = Stamp & { seq: number; subject: string; json: string }

/** Which message of a stream: the one at, the first from, or the last on a subject. */
export type Query = { seq: number } | { next_by_subj: string; seq: number } | { last_by_subj: string }

export type PublishOptions = {
  stamp?: Stamp
  /** Stored only if this is the sequence of the last message on the subject; 0 if there is none. */
  lastOnSubject?: number
}

export class Connection {
  readonly nats: NatsConnection
  readonly jetstream: JetStreamClient
  readonly manager: JetStreamManager
  /** Where what is done here is counted. */
  readonly tally: Tally
  #closed = false
  #staysUntil = 0
  /** Why nothing may be asked of the server that it is connected to. */
  refused: string | undefined
  /** Counts the connections: another one may be to another server. */
  server = 1
  /** When the connection was lost; `undefined` while there is one. */
  lostAt: number | undefined

  private constructor(nats: NatsConnection, manager: JetStreamManager, tally: Tally) {
    this.tally = tally
    this.nats = nats
    this.manager = manager
    this.jetstream = jetstream(nats, { timeout: ATTEMPT_MS })
  }

  static async over(nats: NatsConnection, tally: Tally): Promise<Connection> {
    return new Connection(nats, await jetstreamManager(nats, { checkAPI: false, timeout: ATTEMPT_MS }), tally)
  }

  get isCluster(): boolean {
    return this.nats.info?.cluster !== undefined
  }

  checkOpen(): void {
    if (this.#closed) throw new ChatError('log-unavailable', 'The log has stopped.')
    if (this.refused) throw new ChatError('log-unavailable', this.refused, { retryAfterMs: 5000 })
    if (this.lostAt !== undefined && performance.now() - this.lostAt > LOST_MS)
      throw new ChatError('log-unavailable', 'No NATS server can be reached; nothing was acknowledged.', {
        retryAfterMs: 1000,
      })
  }

  /** Tries until it succeeds, is refused for good, or there is no patience left. @throws ChatError `log-unavailable` */
  async patiently<T>(ask: (attempt: number) => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
    const until = performance.now() + patienceMs
    for (let attempt = 1; ; attempt++) {
      try {
        this.checkOpen()
        return await ask(attempt)
      } catch (error) {
        if (isFinal(error) || performance.now() > until) {
          const failure = toUnavailable(error)
          if (failure instanceof ChatError) this.tally.engineErrors++
          throw failure
        }
        if (performance.now() > until - patienceMs + SILENT_MS) this.#tryAnother()
        await new Promise((resolve) => setTimeout(resolve, 25 + Math.random() * 100))
      }
    }
  }

  /** A server that is cut off from the others answers pings, but nothing that needs them. */
  #tryAnother(): void {
    if (!this.isCluster || performance.now() < this.#staysUntil) return
    this.#staysUntil = performance.now() + SILENT_MS
    // It goes on trying by itself.
    this.nats.reconnect().catch(() => undefined)
  }

  /** @throws JetStreamApiError when `lastOnSubject` is not what is there */
  publish(subject: string, json: string, options?: PublishOptions): Promise<number> {
    return this.patiently(() => this.publishOnce(subject, json, options))
  }

  /** Returns the sequence that it was given. */
  async publishOnce(subject: string, json: string, { stamp, lastOnSubject }: PublishOptions = {}): Promise<number> {
    const { seq } = await this.jetstream.publish(subject, json, {
      timeout: ATTEMPT_MS,
      ...(stamp && { headers: stampHeaders(stamp) }),
      ...(lastOnSubject !== undefined && { expect: { lastSubjectSequence: lastOnSubject } }),
    })
    return seq
  }

  /** From any server of the stream: at once, but perhaps not the newest. */
  fromAny(stream: string, query: Query): Promise<Stored | undefined> {
    return this.patiently(() => this.fromAnyOnce(stream, query))
  }

  async fromAnyOnce(stream: string, query: Query): Promise<Stored | undefined> {
    const request = JSON.stringify(query)
    return storedOf(await this.nats.request(`$JS.API.DIRECT.GET.${stream}`, request, { timeout: NEAR_MS }))
  }

  /** From the stream's leader: what is acknowledged is there. */
  fromLeader(stream: string, query: Query): Promise<Stored | undefined> {
    return this.patiently(() => this.fromLeaderOnce(stream, query))
  }

  async fromLeaderOnce(stream: string, query: Query): Promise<Stored | undefined> {
    const found = await this.manager.streams.getMessage(stream, query)
    return found
      ? { seq: found.seq, subject: found.subject, json: found.string(), ...stampOf(found.header) }
      : undefined
  }

  /** Takes one message out, and overwrites it; one that is not there is no error. */
  remove(stream: string, seq: number): Promise<void> {
    return this.patiently(async () => {
      if (await this.fromLeaderOnce(stream, { seq })) await this.manager.streams.deleteMessage(stream, seq)
    })
  }

  /** Up to where a stream's leader has come, removed messages included. */
  async lastSequenceOnce(stream: string): Promise<number> {
    return (await this.manager.streams.info(stream)).state.last_seq
  }

  subscribe(subject: string, onMessage: (message: Msg) => void): Subscription {
    this.checkOpen()
    return this.nats.subscribe(subject, {
      callback: (error, message) => {
        if (!error) onMessage(message)
      },
    })
  }

  /** Resolves when the server has seen all that was said to it. */
  flush(): Promise<void> {
    return this.patiently(() => this.nats.flush())
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.nats.close()
  }
}

/** https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-31.md */
function storedOf(answer: Msg): Stored | undefined {
  if (answer.headers?.code === 404) return undefined
  if (answer.headers?.code)
    throw new ChatError('log-unavailable', `NATS refuses a read: ${answer.headers.description}.`)
  return {
    seq: Number(answer.headers?.get('Nats-Sequence')),
    subject: answer.headers?.get('Nats-Subject') ?? '',
    json: answer.string(),
    ...stampOf(answer.headers),
  }
}

const KEY = 'Poll-Chat-Id'
const SINCE = 'Poll-Chat-Since'

function stampHeaders({ key, since }: Stamp): MsgHdrs {
  const stamped = headers()
  stamped.set(KEY, key)
  stamped.set(SINCE, `${since}`)
  return stamped
}

export function stampOf(from: MsgHdrs | undefined): Stamp {
  return { key: from?.get(KEY) ?? '', since: Number(from?.get(SINCE) ?? 0) }
}
