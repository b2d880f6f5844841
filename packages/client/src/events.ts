/** Server-sent events by `fetch`, in browsers too: an EventSource can show no key, and does not say why it failed. */
import type { StreamEvent } from '@poll-chat/protocol'
import { parseJson, readAnswer } from './answer.ts'
import type { Server } from './request.ts'
import { addressOf, headersOf, onNetwork } from './request.ts'
import { isRecord } from './shapes.ts'
import type { EventStream, StreamOptions } from './stream-way.ts'
import { readEvent } from './stream-way.ts'
import type { ByteStream } from './types.ts'

const TYPE = 'text/event-stream'

export function openEvents(server: Server, { room, reader, cursor, limit, ephemeral }: StreamOptions): EventStream {
  const controller = new AbortController()
  const url = addressOf(server, ['rooms', room.name, 'events'], { after: cursor, limit, ephemeral, ...reader })
  const events = read(server, url, room.key, controller.signal)
  return {
    next: async () => (await events.next()).value,
    close: () => controller.abort(),
  }
}

async function* read(
  server: Server,
  url: string,
  roomKey: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, undefined> {
  const headers = await headersOf(server, TYPE, roomKey, signal)
  const response = await onNetwork(server.fetch(url, { method: 'GET', headers, signal }))
  const { status, body } = response
  if (status !== 200 || !response.headers.get('content-type')?.startsWith(TYPE)) {
    readAnswer({ status, headers: response.headers, text: await onNetwork(response.text()) }, isNoEventStream)
  }
  if (body) yield* eventsOf(body)
  return undefined
}

/** JSON where a stream was asked for is not the answer of a poll-chat server. */
const isNoEventStream = (_value: unknown): _value is never => false

async function* eventsOf(body: ByteStream): AsyncGenerator<StreamEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await onNetwork(reader.read())
    if (done) return
    text += decoder.decode(value, { stream: true })
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      yield eventOf(text.slice(0, end))
      text = text.slice(end + 2)
    }
  }
}

/** Fields of an event: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
function eventOf(block: string): StreamEvent {
  const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1]
  const type = field('event') ?? 'heartbeat' // only a comment has no event
  const data = parseJson(field('data') ?? '{}')
  return readEvent(isRecord(data) ? { ...data, type } : undefined)
}
