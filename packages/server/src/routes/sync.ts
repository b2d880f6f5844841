/**
 * Several rooms in one request: browsers allow six connections. Invariant: a waiter is registered in every room before
 * the answer to any is looked at, so that a message in one room cannot be missed while another is read.
 */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { type Batch, ChatError, type Cursor, CursorReset, formatCursor, MAX_SYNC_ROOMS } from '@poll-chat/protocol'
import { syncQuerySchema, syncSchema } from '@poll-chat/protocol/schemas'
import type { z } from 'zod'
import type { AppEnv, Services } from '../context.ts'
import type { NextOptions } from '../hub/hub.ts'
import { batchJson } from '../log/batch.ts'
import { addressOf } from '../middleware/address.ts'
import { PROBLEM_RESPONSES, respondWithJson } from './respond.ts'
import { resetOf } from './stream.ts'
import { refuse } from './validation.ts'

const syncRoute = createRoute({
  method: 'get',
  path: '/v1/sync',
  summary: `Read up to ${MAX_SYNC_ROOMS} rooms: a batch for each that has news, waiting for the first or not.`,
  request: { query: syncQuerySchema },
  responses: {
    200: { description: 'What is new', content: { 'application/json': { schema: syncSchema } } },
    ...PROBLEM_RESPONSES,
  },
})

type Place = { room: string; after: Cursor }

/** `next` is where to go on; `json` is what to say of the room, if anything. `full`: when to ask again, if there was no room to wait. */
type Outcome = { room: string; next: string; json: string | undefined; full?: number | undefined }

export function syncRoutes({ log, hub, limits }: Services): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })

  routes.openapi(syncRoute, async (context) => {
    const { after, limit, wait = 0 } = context.req.valid('query')
    const places = await Promise.all(
      [...after].map(async ([room, cursor]) => ({ room, after: cursor ?? (await log.head(room)) })),
    )
    const address = addressOf(context, limits)
    const options = { limit: Math.max(1, Math.floor(limit / places.length)), waitSeconds: wait, address }
    const outcomes = await readAll(places, options, context.req.raw.signal)
    const rooms = outcomes.flatMap(({ json }) => json ?? []).join(',')
    const next = outcomes.map((outcome) => `${outcome.room}@${outcome.next}`).join(',')
    const full = rooms === '' ? outcomes.find((outcome) => outcome.full !== undefined)?.full : undefined
    const json = `{"rooms":[${rooms}],"next":${JSON.stringify(next)}${full === undefined ? '' : `,"retry_after_ms":${full}`}}`
    return respondWithJson<z.infer<typeof syncSchema>>(context, json)
  })

  /** The first news in any room ends the wait in all. What the others have by then comes with it. */
  async function readAll(places: readonly Place[], options: NextOptions, gone: AbortSignal): Promise<Outcome[]> {
    const enough = new AbortController()
    const end = () => enough.abort()
    const read = async ({ room, after }: Place, options: NextOptions) =>
      outcomeOf(room, after, hub.next(room, after, options))
    gone.addEventListener('abort', end)
    try {
      const waited = await Promise.all(
        places.map(async (place) => {
          const outcome = await read(place, { ...options, signal: enough.signal })
          if (outcome.json !== undefined || outcome.full !== undefined) end()
          return { place, outcome }
        }),
      )
      if (waited.every(({ outcome }) => outcome.json === undefined)) return waited.map(({ outcome }) => outcome)
      // A room that has to be read from disk may have been given up for a busy one: else it would be, again and again.
      return await Promise.all(
        waited.map(({ place, outcome }) =>
          outcome.json === undefined ? read(place, { ...options, waitSeconds: 0 }) : outcome,
        ),
      )
    } finally {
      end()
      gone.removeEventListener('abort', end)
    }
  }

  return routes
}

/** What is wrong in one room is an answer about that room. A log that cannot be read is one about all. */
async function outcomeOf(room: string, after: Cursor, read: Promise<Batch>): Promise<Outcome> {
  const name = JSON.stringify(room)
  try {
    const batch = await read
    const json = batch.messages.length > 0 ? `{"room":${name},"batch":${batchJson(batch)}}` : undefined
    return { room, next: batch.next, json, full: batch.retry_after_ms }
  } catch (error) {
    if (error instanceof CursorReset)
      return { room, next: error.oldest, json: `{"room":${name},"reset":${JSON.stringify(resetOf(error))}}` }
    if (!(error instanceof ChatError) || error.status >= 500) throw error
    return { room, next: formatCursor(after), json: `{"room":${name},"problem":${JSON.stringify(error.toProblem())}}` }
  }
}
