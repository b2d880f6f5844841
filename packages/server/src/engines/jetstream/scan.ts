/**
 * Several messages of a stream: an ephemeral consumer that lives for one question. It counts what there is, which is
 * the only way to go backwards in a stream, and delivers it in one request.
 */
import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream'
import { createInbox, type Msg } from '@nats-io/transport-node'
import { type Connection, type Stored, stampOf } from './connection.ts'

/** A consumer that nobody asks any more goes by itself, in nanoseconds: its node may have been killed. */
const FORGET_AFTER_NS = 10_000_000_000

/** How long messages that are there may be on their way, in milliseconds, between one and the next. */
const SILENCE_MS = 1_000

/** Messages asked for at once: NATS keeps what it sends to a client in memory. */
const PULL = 500

export type ScanOptions = {
  subject: string
  /** The first sequence that counts. */
  from: number
  /** Only the last message of each subject. */
  lastOfEach?: boolean
  /** Without the payload. */
  headersOnly?: boolean
}

export type Scan = {
  /** How many messages there are. */
  count: number
  /** The next ones, at most so many. */
  take(limit: number): Promise<Stored[]>
}

/** Begins a scan, hands it to a function, and ends it. */
export function scan<T>(
  connection: Connection,
  stream: string,
  { subject, from, lastOfEach = false, headersOnly = false }: ScanOptions,
  use: (scan: Scan) => Promise<T>,
): Promise<T> {
  return connection.patiently(async () => {
    const { name, num_pending: count } = await connection.manager.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      ...(lastOfEach
        ? { deliver_policy: DeliverPolicy.LastPerSubject }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, from) }),
      filter_subject: subject,
      headers_only: headersOnly,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: FORGET_AFTER_NS,
    })
    let left = count
    let delivered = 0
    const take = async (limit: number) => {
      const taken: Stored[] = []
      while (left > 0 && taken.length < limit) {
        const pulled = await pull(connection, stream, name, Math.min(PULL, left, limit - taken.length), delivered)
        delivered += pulled.length
        left = pulled.length === 0 ? 0 : left - pulled.length
        taken.push(...pulled)
      }
      return taken
    }
    try {
      return await use({ count, take })
    } finally {
      connection.nats.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`)
    }
  })
}

/** So many messages that are known to be there; fewer if some were deleted meanwhile. */
function pull(
  connection: Connection,
  stream: string,
  consumer: string,
  batch: number,
  delivered: number,
): Promise<Stored[]> {
  let last = delivered
  return new Promise((resolve, reject) => {
    const messages: Stored[] = []
    const inbox = createInbox()
    const end = (error?: Error) => {
      clearTimeout(timer)
      subscription.unsubscribe()
      if (error) reject(error)
      else resolve(messages)
    }
    const timer = setTimeout(end, SILENCE_MS)
    const subscription = connection.nats.subscribe(inbox, {
      callback: (error, message) => {
        if (error) return end(error)
        // A status: nothing is left, or the consumer is gone.
        if (message.headers?.code) return end()
        const { place, ...found } = scanned(message)
        // One that was lost on its way ends it: what is given never has a hole.
        if (place !== ++last) return end()
        messages.push(found)
        if (messages.length === batch) end()
        else timer.refresh()
      },
    })
    const request = JSON.stringify({ batch, no_wait: true })
    connection.nats.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, request, { reply: inbox })
  })
}

/**
 * The reply subject says where a message is in its stream and which of the consumer's it is. Newer servers put two parts
 * before them.
 */
function scanned(message: Msg): Stored & { place: number } {
  const parts = message.reply?.split('.') ?? []
  const [seq, place] = parts.slice(parts.length === 9 ? 5 : 7).map(Number)
  return {
    seq: seq ?? 0,
    place: place ?? 0,
    subject: message.subject,
    json: message.string(),
    ...stampOf(message.headers),
  }
}
