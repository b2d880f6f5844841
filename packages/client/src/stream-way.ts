/**
 * Following by a stream, as a way to ask like any other: a read takes the next batch from a stream that is held open
 * from one read to the next. What breaks is told as a failed read, and the next one opens another stream at its cursor.
 */
import type { Batch, StreamEvent } from '@poll-chat/protocol'
import { CursorReset } from '@poll-chat/protocol'
import { BadAnswer, ServerUnreachable } from './failures.ts'
import type { Way } from './follow.ts'
import type { Reader } from './read.ts'
import { GRACE_SECONDS } from './request.ts'
import type { Room } from './rooms.ts'
import { isRecord, isStreamEvent } from './shapes.ts'

/** One open stream. `next` gives its events in order, `undefined` when it is cut, and settles soon after `close`. */
export type EventStream = { next(): Promise<StreamEvent | undefined>; close(): void }

export type StreamAsk = Pick<Parameters<Way['read']>[0], 'cursor' | 'limit' | 'ephemeral'>

/** Which room, and as whom. */
export type StreamOptions = StreamAsk & { room: Room; reader: Reader }

export class StreamWay implements Way {
  readonly #open: (ask: StreamAsk) => EventStream
  #stream: EventStream | undefined
  #silenceSeconds = GRACE_SECONDS

  constructor(open: (ask: StreamAsk) => EventStream) {
    this.#open = open
  }

  async read(ask: Parameters<Way['read']>[0]): Promise<Batch> {
    try {
      return await this.#read(ask)
    } catch (error) {
      // A reset does not end the stream: the server goes on from the oldest, and so does who follows.
      if (!(error instanceof CursorReset)) this.close()
      throw error
    }
  }

  close(): void {
    this.#stream?.close()
    this.#stream = undefined
  }

  async #read(ask: Parameters<Way['read']>[0]): Promise<Batch> {
    for (;;) {
      if (!this.#stream) {
        const after = await this.#begin(ask)
        // Who asks without waiting only wants to know whether it works.
        if (ask.waitSeconds === 0) return { messages: [], next: after }
      }
      const event = await this.#next(ask.signal)
      if (event.type === 'batch') return event
      if (event.type === 'presence') {
        const { type: _type, ...presence } = event
        return { messages: [], next: ask.cursor ?? '0', presence }
      }
      if (event.type === 'reset') throw new CursorReset(event.reason, event.oldest, event.newest)
      if (event.type !== 'end') continue
      this.close()
      if (event.reason !== 'rotate') return { messages: [], next: ask.cursor ?? '0' } // early and empty: come back in a while
    }
  }

  async #begin(ask: Parameters<Way['read']>[0]): Promise<string> {
    this.#stream = this.#open(ask)
    this.#silenceSeconds = GRACE_SECONDS
    const event = await this.#next(ask.signal)
    if (event.type !== 'ready')
      throw new BadAnswer('the stream is not one of a poll-chat server', { mayHaveArrived: true })
    this.#silenceSeconds = event.heartbeat_s + GRACE_SECONDS
    return event.after
  }

  /** The next event; none for longer than the server is ever silent is a connection that leads nowhere. */
  async #next(signal: AbortSignal): Promise<StreamEvent> {
    signal.throwIfAborted()
    const stream = this.#stream
    const close = () => stream?.close()
    let late = false
    const timer = setTimeout(() => {
      late = true
      close()
    }, this.#silenceSeconds * 1_000)
    signal.addEventListener('abort', close)
    try {
      const event = await stream?.next()
      signal.throwIfAborted()
      if (event) return event
      throw new ServerUnreachable('the connection was cut', { mayHaveArrived: true })
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (!late) throw error
      const reason = `nothing came for ${this.#silenceSeconds} s`
      throw new ServerUnreachable(reason, { mayHaveArrived: true, cause: error })
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', close)
    }
  }
}

/** An event as it came. One that is not known is a sign of life. */
export function readEvent(value: unknown): StreamEvent {
  if (isStreamEvent(value)) return value
  if (isRecord(value) && !KNOWN.has(value.type)) return { type: 'heartbeat' }
  throw new BadAnswer('the stream is not one of a poll-chat server', { mayHaveArrived: true })
}

const KNOWN = new Set<unknown>(['ready', 'batch', 'reset', 'presence', 'end'])
