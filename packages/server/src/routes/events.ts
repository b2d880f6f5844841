/** Following a room as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import {
  type Batch,
  ChatError,
  type Cursor,
  EVENTS_HEARTBEAT_SECONDS,
  parseCursor,
  SLOW_READER_SECONDS,
} from '@poll-chat/protocol'
import { roomSchema, streamQuerySchema } from '@poll-chat/protocol/schemas'
import { z } from 'zod'
import type { AppEnv, Services } from '../context.ts'
import { Alarm, Deadlines } from '../hub/deadlines.ts'
import { batchJson } from '../log/batch.ts'
import { ROOM_KEY_HEADER } from '../middleware/credentials.ts'
import { isHttp2 } from '../middleware/headers.ts'
import { attend } from './attendance.ts'
import { enter } from './entering.ts'
import { PROBLEM_RESPONSES } from './respond.ts'
import { resetOf, type Step, stream } from './stream.ts'
import { refuse } from './validation.ts'

/**
 * nginx and its kin gather an answer before they pass it on, unless told not to.
 */
const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
}

const eventsRoute = createRoute({
  method: 'get',
  path: '/v1/rooms/{room}/events',
  summary:
    'Follow a room as server-sent events: "ready", then "batch" as messages come, "reset" where a poll gets 410, "end". From the head, unless told otherwise.',
  parameters: [ROOM_KEY_HEADER],
  request: {
    params: z.object({ room: roomSchema }),
    query: streamQuerySchema,
    headers: z.object({
      'last-event-id': z
        .string()
        .optional()
        .meta({ description: 'The cursor of the last event seen, as browsers send it; goes before `after`.' }),
    }),
  },
  responses: {
    200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } },
    ...PROBLEM_RESPONSES,
  },
})

export function eventsRoutes(services: Services): OpenAPIHono<AppEnv> {
  const { log, hub, uids, presence, tally, logger } = services
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })
  const slow = new Deadlines<Alarm>(({ run }) => run())

  routes.openapi(eventsRoute, async (context) => {
    const { room: name } = context.req.valid('param')
    const { room, claim, address } = await enter(context, services, name)
    const { after, limit, ephemeral: seen, ...reader } = context.req.valid('query')
    const header = (name: string) => context.req.header(name)
    const reading = { rooms: [room], waitSeconds: EVENTS_HEARTBEAT_SECONDS, header, claim, address }
    const stillHere = () => attend({ uids, presence }, reader, reading)
    await stillHere()
    const gone = new AbortController()
    const steps = stream(hub, {
      room,
      after: lastEventId(header('Last-Event-ID')) ?? after ?? (await log.head(room)),
      limit,
      heartbeatSeconds: EVENTS_HEARTBEAT_SECONDS,
      signal: gone.signal,
      address,
      seen,
      presence,
      tally,
      uid: reader.uid,
      stillHere: () => stillHere().catch(unlessRefused),
    })
    const first = await steps.next() // what cannot be read at all is a problem document, not a stream
    const { outgoing } = context.env ?? {}
    const body = eventStream(first.value, steps, {
      slow,
      gone,
      cut: () => outgoing?.destroy(),
      onError: (error) => {
        if (isRefusal(error)) logger.info({ room: name }, `an event stream has ended: ${error.message}`)
        else logger.warn({ err: error, room: name }, 'an event stream has ended early')
      },
    })
    // A connection that carried a stream is not kept: a server that shuts down waits for none.
    return context.body(body, 200, isHttp2(context) ? HEADERS : { ...HEADERS, Connection: 'close' })
  })
  return routes
}

/** Who may not be who they say any more is told when they come back. */
function isRefusal(error: unknown): error is ChatError {
  return error instanceof ChatError && error.status < 500
}

/** A log that cannot say just now who somebody is, is no reason to cut them off. */
function unlessRefused(error: unknown): void {
  if (isRefusal(error)) throw error
}

type Hooks = { slow: Deadlines<Alarm>; gone: AbortController; cut(): void; onError(error: unknown): void }

/** A step is taken when the socket has taken the one before: the stream holds nothing itself. */
function eventStream(
  first: Step | undefined,
  steps: AsyncGenerator<Step, undefined>,
  hooks: Hooks,
): ReadableStream<Uint8Array> {
  const { gone } = hooks
  const alarm = new Alarm(hooks.cut)
  let next = first
  const received = () => hooks.slow.remove(alarm)
  return new ReadableStream(
    {
      async pull(controller) {
        received()
        try {
          const step = next ?? (await steps.next()).value
          next = undefined
          if (gone.signal.aborted) return
          if (!step) return controller.close()
          controller.enqueue(bytesOf(step))
          hooks.slow.set(alarm, SLOW_READER_SECONDS * 1000)
        } catch (error) {
          hooks.onError(error)
          controller.close()
        }
      },
      cancel() {
        received()
        gone.abort()
      },
    },
    { highWaterMark: 0 },
  )
}

const encoder = new TextEncoder()
const batches = new WeakMap<Batch, Uint8Array>()

/** All who are given the same batch share its bytes. */
function bytesOf(step: Step): Uint8Array {
  if (step.type !== 'batch') return encoder.encode(textOf(step))
  let bytes = batches.get(step.batch)
  if (!bytes) {
    bytes = encoder.encode(event('batch', batchJson(step.batch), step.batch.next))
    batches.set(step.batch, bytes)
  }
  return bytes
}

function textOf(step: Exclude<Step, { type: 'batch' }>): string {
  switch (step.type) {
    case 'ready': {
      const ready = JSON.stringify({ after: step.after, heartbeat_s: EVENTS_HEARTBEAT_SECONDS })
      // Browsers come back by themselves after this pause: not all at once.
      return `retry: ${1000 + Math.floor(Math.random() * 3000)}\n${event('ready', ready, step.after)}`
    }
    case 'reset':
      return event('reset', JSON.stringify(resetOf(step.reset)), step.reset.oldest)
    case 'presence':
      return event('presence', JSON.stringify(step.news))
    case 'heartbeat':
      return ': heartbeat\n\n'
    case 'end':
      return event('end', JSON.stringify({ reason: step.reason }))
  }
}

/** JSON has no line break of its own, and a cursor neither. */
function event(name: string, data: string, id?: string): string {
  return `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`
}

function lastEventId(header: string | undefined): Cursor | undefined {
  if (header === undefined || header === '') return undefined
  const cursor = parseCursor(header)
  if (!cursor) throw new ChatError('bad-cursor', 'Last-Event-ID is not the id of an event of this stream.')
  return cursor
}
