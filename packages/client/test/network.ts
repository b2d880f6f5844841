/** A server behind a network that lets some ways through and others not, in fake time. */
import type { Batch, Message } from '@poll-chat/protocol'
import { parseCursor } from '@poll-chat/protocol'
import type { FetchLike } from '../src/types.ts'
import { cursorOf, message } from './script.ts'

/** What becomes of event streams. */
export type Streams = 'pass' | 'are gathered' | 'are refused' | { cutAfterMs: number }

const HEARTBEAT_MS = 20_000

export class Network {
  streams: Streams = 'pass'
  /** A request without an answer is cut after so long, or its answer never arrives. */
  cutsAfterMs = Number.POSITIVE_INFINITY
  forgetsAfterMs = Number.POSITIVE_INFINITY
  isDown = false
  /** The `wait` of each long poll, in seconds. */
  readonly waits: number[] = []
  opened = 0
  open = 0
  readonly acks: string[] = []
  readonly #messages: Message[] = []
  readonly #arrivals = new Set<() => void>()

  say(): void {
    this.#messages.push(message(this.#messages.length + 1))
    for (const arrive of [...this.#arrivals]) arrive()
  }

  readonly fetch: FetchLike = async (url, { signal }) => {
    if (this.isDown) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    const { pathname, searchParams } = new URL(url)
    const after = parseCursor(searchParams.get('after') ?? searchParams.get('ack') ?? '0')?.index ?? 0
    if (pathname.endsWith('/events')) return this.#events(after, signal)
    if (searchParams.has('ack')) this.acks.push(searchParams.get('ack') ?? '')
    const waitMs = Number(searchParams.get('wait') ?? 0) * 1_000
    if (waitMs > 0) this.waits.push(waitMs / 1_000)
    await this.#hang(after, waitMs, signal)
    return answer(JSON.stringify(this.#after(after)), 'application/json')
  }

  /** Until there is something, the time is over, or the network has enough. */
  async #hang(after: number, waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.#after(after).messages.length > 0) return
    const until = Math.min(waitMs, this.cutsAfterMs, this.forgetsAfterMs)
    const outcome = await new Promise<'news' | 'time' | 'gone'>((resolve) => {
      const arrive = () => resolve('news')
      this.#arrivals.add(arrive)
      const timer = setTimeout(() => resolve('time'), until)
      signal.addEventListener('abort', () => resolve('gone'))
      void Promise.resolve().then(() => signal.aborted && resolve('gone'))
      signal.addEventListener('abort', () => clearTimeout(timer))
    })
    if (outcome === 'gone') throw signal.reason
    if (outcome === 'news' || until === waitMs) return
    if (until === this.cutsAfterMs) throw Object.assign(new Error('cut'), { code: 'ECONNRESET' })
    await new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }

  #events(from: number, signal: AbortSignal) {
    if (this.streams === 'are refused') return answer('no', 'text/html', 404)
    this.opened++
    this.open++
    let after = from
    const { streams } = this
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        const write = (text: string) => streams !== 'are gathered' && controller.enqueue(new TextEncoder().encode(text))
        const tell = () => {
          const batch = this.#after(after)
          if (batch.messages.length === 0) return
          after = batch.messages.at(-1)?.index ?? after
          write(`event: batch\ndata: ${JSON.stringify(batch)}\n\n`)
        }
        const heartbeat = setInterval(() => write(': hb\n\n'), HEARTBEAT_MS)
        const end = () => {
          clearInterval(heartbeat)
          this.#arrivals.delete(tell)
          this.open--
        }
        this.#arrivals.add(tell)
        write(
          `event: ready\ndata: ${JSON.stringify({ after: cursorOf(after), heartbeat_s: HEARTBEAT_MS / 1_000 })}\n\n`,
        )
        tell()
        const finish = () => {
          end()
          controller.close()
        }
        const cut = typeof streams === 'object' ? setTimeout(finish, streams.cutAfterMs) : undefined
        signal.addEventListener('abort', () => {
          clearTimeout(cut)
          end()
          controller.error(signal.reason)
        })
      },
    })
    return { ...answer('', 'text/event-stream'), body }
  }

  #after(index: number): Batch {
    const messages = this.#messages.filter((one) => one.index > index)
    return { messages, next: cursorOf(messages.at(-1)?.index ?? index) }
  }
}

function answer(body: string, type: string, status = 200) {
  return { status, headers: new Headers({ 'content-type': type }), text: async () => body, body: null }
}
