/** What the lane answers. The schemas are the routes' own: one set of rules decides about parameters. */
import type { Cursor } from '@poll-chat/protocol'
import {
  classicLongPollSchema,
  classicPollSchema,
  inboxQuerySchema,
  readQuerySchema,
  roomSchema,
  sendQuerySchema,
} from '@poll-chat/protocol/schemas'
import type { SendHead } from '../routes/sending.ts'

export type Poll =
  | { type: 'messages'; room: string; after: Cursor; limit: number; waitSeconds: number }
  | {
      type: 'inbox'
      room: string
      uid: string
      ack: Cursor | undefined
      limit: number
      waitSeconds: number
      isShown: boolean
    }
  | { type: 'classic-poll'; room: string; index: number }
  | { type: 'classic-long-poll'; room: string; uid: string; ack: Cursor | undefined }

const V1 = /^\/v1\/rooms\/([A-Za-z0-9_.-]{1,64})\/(messages|inbox)$/

/** Parameters that mean the same to every reader: no percent-encoding, none twice. */
const QUERY = /^[a-z]+=[A-Za-z0-9._~-]+(?:&[a-z]+=[A-Za-z0-9._~-]+)*$/

/** `undefined` for whatever is not one of these polls in its plainest form, or is not valid. */
export function readPoll(target: string): Poll | undefined {
  const [path = '', query = '', ...more] = target.split('?')
  const parameters = more.length > 0 ? undefined : readQuery(query)
  if (!parameters) return undefined
  if (path === '/get/msg') return readClassicPoll(parameters)
  if (path === '/get/message') return readClassicLongPoll(parameters)
  const [, name, what] = V1.exec(path) ?? []
  const room = roomSchema.safeParse(name)
  if (!room.success) return undefined
  return what === 'inbox' ? readInboxPoll(room.data, parameters) : readMessagesPoll(room.data, parameters)
}

/** A send's room and query, under the same conditions. */
export function readSendTarget(target: string): Omit<SendHead, 'isJson' | 'claim'> | undefined {
  const [path = '', query, ...more] = target.split('?')
  const [, name, what] = V1.exec(path) ?? []
  const parameters = query === undefined ? {} : readQuery(query)
  const room = roomSchema.safeParse(name)
  if (more.length > 0 || what !== 'messages' || !parameters || !room.success) return undefined
  const { data } = sendQuerySchema.safeParse(parameters)
  return data && { room: room.data, ...data }
}

function readQuery(query: string): Record<string, string> | undefined {
  if (!QUERY.test(query)) return undefined
  const pairs = query.split('&').map((pair) => pair.split('='))
  const parameters: Record<string, string> = Object.fromEntries(pairs)
  return Object.keys(parameters).length < pairs.length ? undefined : parameters
}

function readMessagesPoll(room: string, parameters: object): Poll | undefined {
  const { data } = readQuerySchema.safeParse(parameters)
  // Who names themselves is seen by others, which is for the routes to see to.
  if (!data?.after || data.ephemeral !== undefined || data.uid !== undefined) return undefined
  return { type: 'messages', room, after: data.after, limit: data.limit, waitSeconds: data.wait ?? 0 }
}

function readInboxPoll(room: string, parameters: object): Poll | undefined {
  const { data } = inboxQuerySchema.safeParse(parameters)
  if (!data || data.ephemeral !== undefined) return undefined
  const { uid, ack, limit, wait = 0, presence } = data
  return { type: 'inbox', room, uid, ack, limit, waitSeconds: wait, isShown: presence !== 'off' }
}

function readClassicPoll(parameters: object): Poll | undefined {
  const { data } = classicPollSchema.safeParse(parameters)
  return data && { type: 'classic-poll', ...data }
}

function readClassicLongPoll(parameters: object): Poll | undefined {
  const { data } = classicLongPollSchema.safeParse(parameters)
  return data && { type: 'classic-long-poll', room: data.room, uid: data.uid, ack: data.ack }
}
