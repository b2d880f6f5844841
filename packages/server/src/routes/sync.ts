/**
 * Several rooms in one request: browsers allow six connections. Invariant: a waiter is registered in every room before
 * the answer to any is looked at, so that a message in one room cannot be missed while another is read.
 */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import {
  type Batch,
  ChatError,
  type Cursor,
  CursorReset,
  formatCursor,
  MAX_SYNC_CHARACTERS,
  MAX_SYNC_ROOMS,
} from '@poll-chat/protocol'
import { syncQuerySchema, syncSchema } from '@poll-chat/protocol/schemas'
import type { z } from 'zod'
import type { AppEnv, Services } from '../context.ts'
import type { NextOptions } from '../hub/hub.ts'
import { batchJson } from '../log/batch.ts'
import { roomInLog } from '../log/room-names.ts'
import type { Tally } from '../metrics/tally.ts'
import { addressOf } from '../middleware/address.ts'
import { ROOM_KEY_HEADER, readClaim, readRoomKeys } from '../middleware/credentials.ts'
import { attend, batchWithPresence } from './attendance.ts'
import { PROBLEM_RESPONSES, respondWithJson } from './respond.ts'
import { resetOf } from './stream.ts'
import { refuse } from './validation.ts'

const syncRoute = createRoute({
  method: 'get',
  path: '/v1/sync',
  summary: `Read up to ${MAX_SYNC_ROOMS} rooms: a batch for each that has news, waiting for the first or not.`,
  parameters: [
    {
      ...ROOM_KEY_HEADER,
      description: 'The keys of private rooms, with commas between; `after` names them by their number.',
      schema: { type: 'string' },
    },
  ],
  request: { query: syncQuerySchema },
  responses: {
    200: { description: 'What is new', content: { 'application/json': { schema: syncSchema } } },
    ...PROBLEM_RESPONSES,
  },
})

/**
 * `room`: what it is called in the log. `name`: what it is called in `after`, and `members` in the answer, as JSON.
 */
type Place = { room: string; name: string; members: string; after: Cursor; seen: string | undefined }

/**
 * `next` and `seen` are where to go on; `json` is what to say of the room, if anything. `full`: when to ask again, if there
 * was no room to wait.
 */
type Outcome = {
  name: string
  next: string
  seen: string | undefined
  json: string | undefined
  full?: number | undefined
}

export function syncRoutes({ log, hub, uids, rooms, limits, presence, tally }: Services): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })

  routes.openapi(syncRoute, async (context) => {
    const { after, limit, wait = 0, ephemeral, ...reader } = context.req.valid('query')
    const header = (name: string) => context.req.header(name)
    const address = addressOf(context, limits)
    const keys = readRoomKeys(header)
    const asked = Array.from(after, ([name, { room, key, after }]) => ({
      room: roomInLog(room, keyOf(keys, key)),
      name,
      members: `"room":${JSON.stringify(room)}${key === undefined ? '' : `,"key":${key}`}`,
      after,
      seen: ephemeral && (ephemeral.get(name) ?? '1'),
    }))
    await Promise.all(asked.map(({ room }) => rooms.enter(room, address)))
    const reading = {
      rooms: asked.map(({ room }) => room),
      waitSeconds: wait,
      header,
      claim: readClaim(header),
      address,
    }
    await attend({ uids, presence }, reader, reading)
    const places = await Promise.all(
      asked.map(async (place) => ({ ...place, after: place.after ?? (await log.head(place.room)) })),
    )
    const options = { limit: Math.max(1, Math.floor(limit / places.length)), waitSeconds: wait, address }
    const outcomes = withinOne(places, await readAll(places, options, context.req.raw.signal))
    const news = outcomes.flatMap(({ json }) => json ?? []).join(',')
    const next = outcomes.map((outcome) => `${outcome.name}@${outcome.next}`).join(',')
    const seen = ephemeral && outcomes.map((outcome) => `${outcome.name}@${outcome.seen}`).join(',')
    const full = news === '' ? outcomes.find((outcome) => outcome.full !== undefined)?.full : undefined
    const further = seen === undefined ? '' : `,"ephemeral":${JSON.stringify(seen)}`
    const pause = full === undefined ? '' : `,"retry_after_ms":${full}`
    const json = `{"rooms":[${news}],"next":${JSON.stringify(next)}${further}${pause}}`
    return respondWithJson<z.infer<typeof syncSchema>>(context, json)
  })

  /** The first news in any room ends the wait in all. What the others have by then comes with it. */
  async function readAll(places: readonly Place[], options: NextOptions, gone: AbortSignal): Promise<Outcome[]> {
    const enough = new AbortController()
    const end = () => enough.abort()
    const read = (place: Place, options: NextOptions & { signal: AbortSignal }) => {
      const { room, after, seen } = place
      const watched = { presence, room, seen, signal: options.signal }
      return outcomeOf(
        place,
        batchWithPresence(watched, (signal) => hub.next(room, after, { ...options, signal })),
        tally,
      )
    }
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
          outcome.json === undefined ? read(place, { ...options, waitSeconds: 0, signal: gone }) : outcome,
        ),
      )
    } finally {
      end()
      gone.removeEventListener('abort', end)
    }
  }

  return routes
}

/** Rooms for which there is no room left in one answer stay where they are, as if nothing were new there. */
function withinOne(places: readonly Place[], outcomes: readonly Outcome[]): Outcome[] {
  let length = 0
  return outcomes.map((outcome, number) => {
    const place = places[number]
    const isFirst = length === 0
    length += outcome.json?.length ?? 0
    if (isFirst || !place || length <= MAX_SYNC_CHARACTERS) return outcome
    return { name: place.name, next: formatCursor(place.after), seen: place.seen, json: undefined }
  })
}

/** @throws ChatError when it was not shown */
function keyOf(keys: readonly string[], number: number | undefined): string | undefined {
  if (number === undefined) return undefined
  const key = keys[number - 1]
  if (key !== undefined) return key
  throw new ChatError(
    'bad-request',
    `"after" needs a key ${number}; the header ${ROOM_KEY_HEADER.name} has ${keys.length}.`,
  )
}

/** What is wrong in one room is an answer about that room. A log that cannot be read is one about all. */
async function outcomeOf({ name, members, after, seen }: Place, read: Promise<Batch>, tally: Tally): Promise<Outcome> {
  try {
    const batch = await read
    const isNews = batch.messages.length > 0 || batch.presence
    const json = isNews ? `{${members},"batch":${batchJson(batch)}}` : undefined
    const { next, presence, retry_after_ms: full } = batch
    return { name, next, seen: presence?.version ?? seen, json, full }
  } catch (error) {
    if (error instanceof CursorReset) {
      tally.resets[error.reason]++
      const json = `{${members},"reset":${JSON.stringify(resetOf(error))}}`
      return { name, next: error.oldest, seen, json }
    }
    if (!(error instanceof ChatError) || error.status >= 500) throw error
    const json = `{${members},"problem":${JSON.stringify(error.toProblem())}}`
    return { name, next: formatCursor(after), seen, json }
  }
}
