/**
 * The same rules as zod schemas: what the server validates with and what its OpenAPI document is made from.
 * Only the server loads this file; zod is too large for a browser or a fast `send`.
 */
import { z } from 'zod'
import { CURSOR_PATTERN, parseCursor } from './cursor.ts'
import type { ErrorCode } from './errors.ts'
import {
  DEFAULT_BATCH,
  DEFAULT_FOUND,
  DEFAULT_ROOM,
  MAX_BATCH,
  MAX_FOUND,
  MAX_QUERY_CHARACTERS,
  MAX_SYNC_ROOMS,
  MAX_TYPING_SECONDS,
  MAX_WAIT_SECONDS,
  TYPING_SECONDS,
} from './limits.ts'
import { ID_PATTERN, NAME_PATTERN, ROOM_KEY_PATTERN } from './names.ts'
import { textFault } from './text.ts'

/** What a failed check may carry beside its message: the problem code it should end as. */
export type CheckParams = { problem: ErrorCode }

/** Messages are predicates: the server writes the field's name before them. */
const string = () => z.string({ error: ({ input }) => (input === undefined ? 'is missing' : 'must be a string') })

const name = () => string().normalize('NFC').regex(NAME_PATTERN, 'must have 1-64 letters, digits, "-", "_" or "."')
const pattern = NAME_PATTERN.source

export const uidSchema = name().meta({ description: 'Who reads or sends.', example: 'alice', pattern })
export const roomSchema = name().meta({ description: 'The name of a room.', example: 'lobby', pattern })

export const idSchema = string()
  .regex(ID_PATTERN, 'must have 1-64 of A-Z a-z 0-9 . _ : ~ -')
  .meta({ description: 'Chosen by the sender, best a random UUID. Sending it again is the same message.' })

export const textSchema = string()
  .superRefine((text, context) => {
    const fault = textFault(text)
    if (fault)
      context.addIssue({ code: 'custom', message: fault.detail, params: { problem: fault.code } satisfies CheckParams })
  })
  .meta({ description: 'Not blank, at most 16 KiB of UTF-8.' })

export const cursorSchema = string()
  .transform((wire, context) => {
    const cursor = parseCursor(wire)
    if (cursor) return cursor
    context.addIssue({
      code: 'custom',
      message: 'A cursor is an index, or the "next" of an earlier answer.',
      params: { problem: 'bad-cursor' } satisfies CheckParams,
    })
    return z.NEVER
  })
  .meta({
    description: 'A place in the log: the "next" of an earlier answer, or a bare index; 0 is before the first message.',
    pattern: CURSOR_PATTERN.source,
  })

export const limitSchema = string()
  .regex(/^[1-9]\d{0,5}$/, 'must be a whole number of at least 1')
  .transform((digits) => Math.min(Number(digits), MAX_BATCH))
  .default(DEFAULT_BATCH)
  .meta({ description: `Messages in the batch at most; more than ${MAX_BATCH} counts as ${MAX_BATCH}.` })

export const waitSchema = string()
  .regex(/^\d{1,5}(\.\d{1,3})?$/, 'must be a number of seconds')
  .transform((seconds) => Math.min(Number(seconds), MAX_WAIT_SECONDS))
  .meta({
    description: `Seconds to hang when there is nothing to read; more than ${MAX_WAIT_SECONDS} counts as ${MAX_WAIT_SECONDS}.`,
  })

export const indexSchema = string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number)
  .meta({ description: 'The bare index of the last message seen; 0 for all.' })

const ephemeralSchema = string()
  .regex(/^[\w.-]{1,64}$/, 'must be 1, or the "version" of an earlier answer')
  .meta({ description: 'Asks for who is here and who types: 1, then the "version" of the last answer.' })

/** How somebody who reads is seen by others; `uid` names them. */
const seenAs = {
  uid: uidSchema.optional(),
  presence: z.literal('off').optional().meta({ description: 'Scripts read as "off": they are not shown as here.' }),
  ephemeral: ephemeralSchema.optional(),
}

/** The query of `GET /v1/rooms/{room}/messages`. */
export const readQuerySchema = z
  .object({
    ...seenAs,
    after: cursorSchema.optional(),
    before: cursorSchema.optional(),
    limit: limitSchema,
    wait: waitSchema.optional(),
  })
  .refine(({ after, before }) => !after || !before, '"after" and "before" exclude each other.')
  .refine(({ after, wait }) => after || wait === undefined, '"wait" needs "after".')

/** One of several rooms: its name, the number of the key that is shown for it where it is private, and where to go on. */
const placeSchema = z.object({
  room: roomSchema,
  key: string()
    .regex(/^[1-9]\d?$/)
    .transform(Number)
    .optional(),
  after: cursorSchema.optional(),
})

/** `lobby@CURSOR,ops!1`: places in rooms. `!1`: the private room of that name and the first key. No name holds a mark. */
const placesSchema = string()
  .transform((list, context) => {
    const places = new Map<string, z.infer<typeof placeSchema>>()
    for (const place of list.split(',')) {
      const [name = '', after, ...more] = place.split('@')
      const [room, key, ...others] = name.split('!')
      const parsed = placeSchema.safeParse({ room, key, after })
      const named = parsed.data?.key === undefined ? parsed.data?.room : `${parsed.data.room}!${parsed.data.key}`
      if (parsed.success && named !== undefined && more.length + others.length === 0 && !places.has(named)) {
        places.set(named, parsed.data)
        continue
      }
      const problem = parsed.error?.issues[0]?.path[0] === 'after' ? 'bad-cursor' : 'bad-request'
      const message = `"after" is a list of rooms, each once, as in lobby@CURSOR,ops!1@CURSOR; "${place.slice(0, 99)}" cannot stand there.`
      context.addIssue({ code: 'custom', message, params: { problem } satisfies CheckParams })
      return z.NEVER
    }
    if (places.size <= MAX_SYNC_ROOMS) return places
    context.addIssue({
      code: 'custom',
      message: `"after" has ${places.size} rooms; at most ${MAX_SYNC_ROOMS} are one sync.`,
    })
    return z.NEVER
  })
  .meta({
    description:
      'Rooms, and the cursor to go on from in each. `!1` after a name means the private room of the first key.',
    example: 'lobby@12~6b379b9b,ops!1@0',
  })

/** `1`, or `lobby@VERSION,ops@VERSION`: what was seen of who is in each room. */
const versionsSchema = string()
  .transform((list, context) => {
    if (list === '1') return new Map<string, string>()
    const pairs = list
      .split(',')
      .map((pair): [string, string] => [pair.slice(0, pair.indexOf('@')), pair.slice(pair.indexOf('@') + 1)])
    if (
      pairs.length <= MAX_SYNC_ROOMS &&
      pairs.every(([room, version]) => room !== '' && ephemeralSchema.safeParse(version).success)
    )
      return new Map(pairs)
    context.addIssue({ code: 'custom', message: '"ephemeral" is 1, or the "ephemeral" of the last answer.' })
    return z.NEVER
  })
  .meta({ description: 'Asks for who is where and who types: 1, then the "ephemeral" of the last answer.' })

/** The query of `GET /v1/sync`. */
export const syncQuerySchema = z.object({
  ...seenAs,
  ephemeral: versionsSchema.optional(),
  after: placesSchema,
  limit: limitSchema,
  wait: waitSchema.optional(),
})

/** The query of `GET /v1/rooms/{room}/inbox`. */
export const inboxQuerySchema = z.object({
  ...seenAs,
  uid: uidSchema,
  ack: cursorSchema.optional(),
  limit: limitSchema,
  wait: waitSchema.optional(),
})

/** The query of `GET /v1/rooms/{room}/events`. */
export const streamQuerySchema = z.object({ ...seenAs, after: cursorSchema.optional(), limit: limitSchema })

/** The query of `GET /v1/rooms/{room}/socket`. */
export const socketQuerySchema = streamQuerySchema.extend({
  hello: z.literal('1').optional().meta({ description: 'Nothing is read before the first frame, which is a "hello".' }),
})

const credentialSchema = z.string().regex(/^[\x21-\x7e]{1,512}$/, 'must have 1-512 visible ASCII characters')

/** What a client may send over a WebSocket. The body of a send is judged by the route of all sends. */
export const clientFrameSchema = z.discriminatedUnion(
  'type',
  [
    z.object({
      type: z.literal('hello'),
      key: credentialSchema.optional(),
      claim: credentialSchema.optional(),
      room_key: z.string().regex(ROOM_KEY_PATTERN, 'must have 8-512 visible ASCII characters, and no comma').optional(),
    }),
    z.looseObject({ type: z.literal('send'), ref: z.union([z.string().max(64), z.number()]).optional() }),
  ],
  'is not a frame of this protocol; there are "hello" and "send"',
)

/** The query of `GET /v1/search`. */
export const searchQuerySchema = z.object({
  q: string()
    .refine((query) => query.length <= MAX_QUERY_CHARACTERS, `must have at most ${MAX_QUERY_CHARACTERS} characters`)
    .meta({ description: 'Words that must all be there: beginnings of words, or whole words in quotation marks.' }),
  room: roomSchema.optional(),
  from: uidSchema.optional(),
  before: string()
    .regex(/^\d{1,16}$/, 'must be the "next" of an earlier answer')
    .transform(Number)
    .optional(),
  limit: limitSchema
    .unwrap()
    .transform((limit) => Math.min(limit, MAX_FOUND))
    .default(DEFAULT_FOUND)
    .meta({ description: `Messages at most; more than ${MAX_FOUND} counts as ${MAX_FOUND}.` }),
})

const classicRoom = roomSchema.default(DEFAULT_ROOM)

/** The query of `GET /get/msg`. */
export const classicPollSchema = z.object({ index: indexSchema, room: classicRoom })

/** The query of `GET /get/message`. */
export const classicLongPollSchema = z.object({ uid: uidSchema, ack: cursorSchema.optional(), room: classicRoom })

/** The query of `POST /v1/rooms/{room}/messages`. */
export const sendQuerySchema = z.object({ uid: uidSchema.optional(), id: idSchema.optional() })

export const sendSchema = z
  .object({ id: idSchema.optional(), uid: uidSchema.optional(), text: textSchema })
  .meta({ id: 'Send' })

export const senderSchema = z.object({ uid: z.string(), verified: z.boolean() }).meta({ id: 'Sender' })

export const messageSchema = z
  .object({
    index: z.int(),
    id: z.string(),
    room: z.string(),
    from: senderSchema,
    text: z.string(),
    at: z.iso.datetime(),
    deleted: z.literal(true).exactOptional().meta({ description: 'The operator has deleted it; its text is empty.' }),
  })
  .meta({ id: 'Message' })

export const personSchema = z.object({ uid: z.string(), verified: z.boolean() }).meta({ id: 'Person' })

export const presenceSchema = z
  .object({
    version: z.string(),
    count: z.int(),
    typing: z.array(z.string()),
    here: z.array(personSchema).optional(),
    came: z.array(personSchema).optional(),
    left: z.array(z.string()).optional(),
    deleted: z.array(z.int()).optional(),
  })
  .meta({ id: 'Presence' })

/** The body of `POST /v1/rooms/{room}/typing`. */
export const typingSchema = z
  .object({
    uid: uidSchema,
    for_ms: z
      .int()
      .min(0)
      .max(MAX_TYPING_SECONDS * 1000)
      .default(TYPING_SECONDS * 1000),
  })
  .meta({ id: 'Typing' })

export const batchSchema = z
  .object({
    messages: z.array(messageSchema),
    next: z.string(),
    prev: z.string().optional(),
    superseded: z.literal(true).optional(),
    retry_after_ms: z.int().optional(),
    presence: presenceSchema.optional(),
    trimmed: z.literal(true).exactOptional(),
  })
  .meta({ id: 'Batch' })

export const searchSchema = z
  .object({ messages: z.array(messageSchema), next: z.string().optional(), behind: z.int().optional() })
  .meta({ id: 'Found' })

export const sentSchema = z.object({ message: messageSchema, next: z.string() }).meta({ id: 'Sent' })

export const roomsSchema = z
  .object({ rooms: z.array(z.object({ room: z.string(), newest: z.string(), at: z.iso.datetime() })) })
  .meta({ id: 'Rooms' })

/** The answer of `GET /get/msg`. */
export const classicTextsSchema = z
  .object({ data: z.array(z.string()), index: z.int(), messages: z.array(messageSchema) })
  .meta({ id: 'ClassicTexts' })

/** The answer of `GET /get/message`. */
export const classicMessageSchema = z
  .object({
    status: z.boolean(),
    data: z.string().nullable(),
    message: messageSchema.optional(),
    next: z.string().optional(),
    superseded: z.literal(true).optional(),
    retry_after_ms: z.int().optional(),
    trimmed: z.literal(true).exactOptional(),
  })
  .meta({ id: 'ClassicMessage' })

/** What the operator is told of a uid. */
export const uidSummarySchema = z
  .object({ uid: z.string(), claimed: z.boolean(), banned: z.boolean() })
  .meta({ id: 'Uid' })

export const serverInfoSchema = z
  .object({
    name: z.literal('poll-chat'),
    version: z.string(),
    api: z.literal(1),
    auth: z.enum(['none', 'key']),
    limits: z.object({
      text_bytes: z.int(),
      name_characters: z.int(),
      batch_default: z.int(),
      batch_max: z.int(),
      wait_default_s: z.int(),
      wait_max_s: z.int(),
    }),
  })
  .meta({ id: 'ServerInfo' })

const resetReasonSchema = z.enum(['ahead', 'trimmed', 'diverged'])

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    retry_after_ms: z.int().optional(),
    reason: resetReasonSchema.optional(),
    oldest: z.string().optional(),
    newest: z.string().optional(),
  })
  .meta({ id: 'Problem' })

export const syncSchema = z
  .object({
    rooms: z.array(
      z.union([
        z.object({ room: z.string(), key: z.int().optional(), batch: batchSchema }),
        z.object({
          room: z.string(),
          key: z.int().optional(),
          reset: z.object({ reason: resetReasonSchema, oldest: z.string(), newest: z.string() }),
        }),
        z.object({ room: z.string(), key: z.int().optional(), problem: problemSchema }),
      ]),
    ),
    next: z.string(),
    retry_after_ms: z.int().optional(),
    ephemeral: z.string().optional(),
  })
  .meta({ id: 'Sync' })
