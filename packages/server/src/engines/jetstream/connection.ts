/** The connection to NATS: what is asked of JetStream, asked again until there is an answer or no time left. */
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node'
import { ChatError } from '@poll-chat/protocol'
import type { Tally } from '../../metrics/tally.ts'
import { isFinal, toUnavailable } from './failures.ts'

/** How long one request may take, in milliseconds, before it is made again: a leader that stopped never answers. */
const ATTEMPT_MS = 1_000

/** How long to try, in milliseconds. A cluster that lost a leader has another after 4-9 s (NATS's election time-outs). */
const PATIENCE_MS = 12_000

/** How long a connection may be lost before what is asked fails at once, in milliseconds: another server is near. */
const LOST_MS = 2_000

/** A message as a stream holds it. */
export type Stored = { seq: number; subject: string; json: string }

/** Which message of a stream: the one at, the first from, or the last on a subject. */
export type Query = { seq: number } | { next_by_subj: string; seq: number } | { last_by_subj: string }

export type Published = { seq: number; duplicate: boolean }

export type PublishOptions = {
  /** Within the duplicate window, a message with the same is not stored again. */
  msgId?: string
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
  /** Why nothing may be asked of the server that it is connected to. */
  refused: string | undefined
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
      this.checkOpen()
      try {
        return await ask(attempt)
      } catch (error) {
        if (isFinal(error) || performance.now() > until) {
          const failure = toUnavailable(error)
          if (failure instanceof ChatError) this.tally.engineErrors++
          throw failure
        }
        await new Promise((resolve) => setTimeout(resolve, 25 + Math.random() * 100))
      }
    }
  }

  /** @throws JetStreamApiError when `lastOnSubject` is not what is there */
  publish(subject: string, json: string, options?: PublishOptions): Promise<Published> {
    return this.patiently(() => this.publishOnce(subject, json, options))
  }

  async publishOnce(subject: string, json: string, { msgId, lastOnSubject }: PublishOptions = {}): Promise<Published> {
    const { seq, duplicate } = await this.jetstream.publish(subject, json, {
      timeout: ATTEMPT_MS,
      ...(msgId !== undefined && { msgID: msgId }),
      ...(lastOnSubject !== undefined && { expect: { lastSubjectSequence: lastOnSubject } }),
    })
    return { seq, duplicate }
  }

  /** From whichever server of the stream is nearest: at once, but perhaps not the newest. */
  fromAny(stream: string, query: Query): Promise<Stored | undefined> {
    return this.patiently(async () => {
      const answer = await this.nats.request(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(query), {
        timeout: ATTEMPT_MS,
      })
      return storedOf(answer)
    })
  }

  /** From the stream's leader: what is acknowledged is there. */
  fromLeader(stream: string, query: Query): Promise<Stored | undefined> {
    return this.patiently(() => this.fromLeaderOnce(stream, query))
  }

  async fromLeaderOnce(stream: string, query: Query): Promise<Stored | undefined> {
    const found = await this.manager.streams.getMessage(stream, query)
    return found ? { seq: found.seq, subject: found.subject, json: found.string() } : undefined
  }

  /** Up to where a stream's leader has come, removed messages included. */
  lastSequence(stream: string): Promise<number> {
    return this.patiently(async () => (await this.manager.streams.info(stream)).state.last_seq)
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
  }
}
