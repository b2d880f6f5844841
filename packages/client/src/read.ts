import type { Batch, SyncAnswer } from '@poll-chat/protocol'
import type { Server } from './request.ts'
import { GRACE_SECONDS, request } from './request.ts'
import { isBatch, isSyncAnswer } from './shapes.ts'

/** What to read: with a uid from its inbox, where the cursor is the `ack`; else after the cursor, before one, or the newest. */
export type Read = {
  room: string
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
    path: ['rooms', room, uid === undefined ? 'messages' : 'inbox'],
    query: { ...place, limit, wait, ephemeral, ...reader },
    deadlineMs: ((wait ?? 0) + GRACE_SECONDS) * 1_000,
    shape: isBatch,
    signal,
  })
}

export type Sync = {
  rooms: ReadonlyMap<string, string | undefined>
  limit?: number | undefined
  waitSeconds?: number | undefined
  ephemeral?: string | undefined
  reader?: Reader
  signal?: AbortSignal | undefined
}

/** One answer about several rooms. */
export function requestSync(server: Server, sync: Sync): Promise<SyncAnswer> {
  const { rooms, limit, waitSeconds: wait, ephemeral, reader, signal } = sync
  const after = Array.from(rooms, ([room, cursor]) => (cursor === undefined ? room : `${room}@${cursor}`)).join()
  return request(server, {
    path: ['sync'],
    query: { after, limit, wait, ephemeral, ...reader },
    deadlineMs: ((wait ?? 0) + GRACE_SECONDS) * 1_000,
    shape: isSyncAnswer,
    signal,
  })
}
