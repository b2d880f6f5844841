/**
 * The six endpoints of the original system, with exactly its shapes, on the same log: room `lobby`, or `&room=`.
 * Answers carry further fields, never other ones.
 */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { ANONYMOUS_UID, CLASSIC_WAIT_SECONDS, DEFAULT_ROOM, MAX_BATCH } from '@poll-chat/protocol'
import {
  classicLongPollSchema,
  classicMessageSchema,
  classicPollSchema,
  classicTextsSchema,
  idSchema,
  roomSchema,
  textSchema,
  uidSchema,
} from '@poll-chat/protocol/schemas'
import type { Context } from 'hono'
import { z } from 'zod'
import type { AppEnv, Services } from '../context.ts'
import { CLAIM_HEADER, ROOM_KEY_HEADER } from '../middleware/credentials.ts'
import { sameSiteOnly } from '../middleware/cross-site.ts'
import { PAGE_HEADERS } from '../middleware/headers.ts'
import { classicMessage, classicTexts, nextWithText } from './classic-answers.ts'
import { classicPage, PAGE_POLICY } from './classic-page.ts'
import { enter } from './entering.ts'
import { PROBLEM_RESPONSES } from './respond.ts'
import { send } from './sending.ts'
import { refuse } from './validation.ts'

const room = roomSchema.default(DEFAULT_ROOM)
const html = { 200: { description: 'A page', content: { 'text/html': { schema: z.string() } } }, ...PROBLEM_RESPONSES }
const text = { 200: { description: '`OK`', content: { 'text/plain': { schema: z.string() } } }, ...PROBLEM_RESPONSES }

const homeRoute = createRoute({
  method: 'get',
  path: '/home/',
  summary: 'A page that polls.',
  request: { query: z.object({ room }) },
  responses: html,
})

const langRoute = createRoute({
  method: 'get',
  path: '/lang/',
  summary: "A page that long-polls. Opens the uid's inbox at the head; one that is there keeps its place.",
  middleware: [sameSiteOnly()] as const,
  parameters: [CLAIM_HEADER, ROOM_KEY_HEADER],
  request: { query: z.object({ uid: uidSchema, room }) },
  responses: html,
})

const sendRoute = (path: string) =>
  createRoute({
    method: 'get',
    path,
    summary: 'Send a message to all readers of the room, of either kind.',
    middleware: [sameSiteOnly()] as const,
    parameters: [CLAIM_HEADER, ROOM_KEY_HEADER],
    request: {
      query: z.object({ text: textSchema, uid: uidSchema.default(ANONYMOUS_UID), id: idSchema.optional(), room }),
    },
    responses: text,
  })

const pollRoute = createRoute({
  method: 'get',
  path: '/get/msg',
  summary: `The texts after an index, ${MAX_BATCH} at most, and the index to ask with next. An index beyond the head starts over from the oldest.`,
  parameters: [ROOM_KEY_HEADER],
  request: { query: classicPollSchema },
  responses: {
    200: {
      description: 'Texts',
      content: { 'application/json': { schema: classicTextsSchema } },
    },
    ...PROBLEM_RESPONSES,
  },
})

const longPollRoute = createRoute({
  method: 'get',
  path: '/get/message',
  summary: `The oldest unread message of a uid, waiting up to ${CLASSIC_WAIT_SECONDS} s for it. Without 'ack' the place moves when the answer has been flushed.`,
  middleware: [sameSiteOnly()] as const,
  parameters: [CLAIM_HEADER, ROOM_KEY_HEADER],
  request: { query: classicLongPollSchema },
  responses: {
    200: {
      description: 'A message, or nothing in that time',
      content: { 'application/json': { schema: classicMessageSchema } },
    },
    ...PROBLEM_RESPONSES,
  },
})

const CLASSIC_HEADERS = { ...PAGE_HEADERS, 'Content-Security-Policy': PAGE_POLICY }

export function classicRoutes(services: Services): OpenAPIHono<AppEnv> {
  const { log, inboxes, uids, limits, logger } = services
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: refuse })

  routes.openapi(homeRoute, (context) => {
    const { room } = context.req.valid('query')
    return context.html(classicPage({ mode: 'poll', room }), 200, CLASSIC_HEADERS)
  })

  routes.openapi(langRoute, async (context) => {
    const { uid, room: name } = context.req.valid('query')
    const { room, claim, address } = await enter(context, services, name)
    await uids.admit(uid, claim, address)
    await inboxes.open({ room, uid }, () => limits.admitUid(address))
    return context.html(classicPage({ mode: 'long', room: name, uid }), 200, CLASSIC_HEADERS)
  })

  for (const path of ['/send/msg', '/send/message']) {
    routes.openapi(sendRoute(path), async (context) => {
      const { text, uid, id = crypto.randomUUID(), room: name } = context.req.valid('query')
      const { room, claim, address } = await enter(context, services, name)
      await send(services, address, { room, id, uid, claim, text })
      return context.text('OK', 200)
    })
  }

  routes.openapi(pollRoute, async (context) => {
    const { index, room: name } = context.req.valid('query')
    const { room } = await enter(context, services, name)
    return context.json(await classicTexts(log, room, index), 200)
  })

  routes.openapi(longPollRoute, async (context) => {
    const { uid, ack, room: name } = context.req.valid('query')
    const { room, claim, address } = await enter(context, services, name)
    await uids.admit(uid, claim, address)
    const { signal } = context.req.raw
    const admit = () => limits.admitUid(address)
    const wait = { waitSeconds: CLASSIC_WAIT_SECONDS, signal, address, admit }
    const batch = await nextWithText(inboxes, { room, uid }, ack, wait)
    if (!ack && batch.messages.length > 0) onceFlushed(context, () => moveOn({ room, uid }, batch.next))
    return context.json(classicMessage(batch), 200)
  })

  function moveOn(inbox: { room: string; uid: string }, next: string): void {
    inboxes.acknowledge(inbox, next).catch((error) => logger.warn({ err: error }, 'an inbox could not be moved on'))
  }

  return routes
}

/** When the answer has gone to a socket that is still open; at once where there is no socket (`app.request()`). */
function onceFlushed({ env }: Context<AppEnv>, move: () => void): void {
  const outgoing = env?.outgoing // `app.request()` has no `env` at all
  if (!outgoing) return move()
  outgoing.once('finish', () => {
    if (!outgoing.socket?.destroyed) move()
  })
}
