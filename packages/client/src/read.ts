import type { Batch, SyncAnswer } from '@poll-chat/protocol'
import type { Server } from './request.ts'
import { GRACE_SECONDS, request } from './request.ts'
import { type Room, RoomNames } from './rooms.ts'
import { isBatch, isSyncAnswer } from './shapes.ts'

/** What to read: with a uid from its inbox, where the cursor is the `ack`; else after the cursor, before one, or the newest. */
export type Read = {
  room: Room
  uid?: string | undefined
  cursor?: string | undefined
  before?: string | undefined
  limit?: number | undefined
  waitSeconds?: number | undefined
  ephemeral?: string | undefined
  /** As whom one is seen. */
  reader?: Reader
  signal?: AbortSignal | undefined
}

/** As whom one is seen where one reads; `presence` off: not at all. */
export type Reader = { uid?: string; presence?: 'off' }

/** One answer of the log, whichever way it is read. Asking again with the same cursor loses nothing. */
export function requestRead(server: Server, read: Read): Promise<Batch> {
  const { room, uid, cursor, before, limit, waitSeconds: wait, ephemeral, reader, signal } = read
  const place = uid === undefined ? { after: cursor, before } : { uid, ack: cursor }
  return request(server, {
    path: ['rooms', room.name, uid === undefined ? 'messages' : 'inbox'],
    query: { ...place, limit, wait, ephemeral, ...reader },
    deadlineMs: ((wait ?? 0) + GRACE_SECONDS) * 1_000,
    shape: isBatch,
    roomKey: room.key,
    signal,
  })
}

export type Sync = {
  /** By what they are called here: which they are, and where to go on in them. */
  rooms: ReadonlyMap<string, Room & { cursor: string | undefined }>
  limit?: number | undefined
  waitSeconds?: number | undefined
  ephemeral?: string | undefined
  reader?: Reader
  signal?: AbortSignal | undefined
}

/** The same as callers say it: which rooms they are is looked up. */
export type SyncAsk = Omit<Sync, 'rooms'> & { rooms: ReadonlyMap<string, string | undefined> }

/** One answer about several rooms, which it names as they are called here. */
export async function requestSync(server: Server, sync: Sync): Promise<SyncAnswer> {
  const { rooms, limit, waitSeconds: wait, ephemeral, reader, signal } = sync
  const names = new RoomNames(rooms)
  const places = Array.from(rooms, ([room, { cursor }]) => (cursor === undefined ? room : `${room}@${cursor}`))
  const answer = await request(server, {
    path: ['sync'],
    query: {
      after: names.toWire(places.join()),
      limit,
      wait,
      ephemeral: ephemeral && names.toWire(ephemeral),
      ...reader,
    },
    deadlineMs: ((wait ?? 0) + GRACE_SECONDS) * 1_000,
    shape: isSyncAnswer,
    roomKey: names.keys,
    signal,
  })
  const seen = answer.ephemeral
  return {
    ...answer,
    rooms: answer.rooms.map(({ key, ...news }) => ({ ...news, room: names.ownName(news.room, key) })),
    next: names.fromWire(answer.next),
    ...(seen !== undefined && { ephemeral: names.fromWire(seen) }),
  }
}
