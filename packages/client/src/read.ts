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
  signal?: AbortSignal | undefined
}

/** One answer of the log, whichever way it is read. Asking again with the same cursor loses nothing. */
export function requestRead(server: Server, read: Read): Promise<Batch> {
  const { room, uid, cursor, before, limit, waitSeconds: wait, signal } = read
  const place = uid === undefined ? { after: cursor, before } : { uid, ack: cursor }
  return request(server, {
    path: ['rooms', room, uid === undefined ? 'messages' : 'inbox'],
    query: { ...place, limit, wait },
    deadlineMs: ((wait ?? 0) + GRACE_SECONDS) * 1_000,
    shape: isBatch,
    signal,
  })
}

export type Sync = {
  rooms: ReadonlyMap<string, string | undefined>
  limit?: number | undefined
  waitSeconds?: number | undefined
  signal?: AbortSignal | undefined
}

/** One answer about several rooms. */
export function requestSync(server: Server, { rooms, limit, waitSeconds: wait, signal }: Sync): Promise<SyncAnswer> {
  const after = Array.from(rooms, ([room, cursor]) => (cursor === undefined ? room : `${room}@${cursor}`)).join()
  return request(server, {
    path: ['sync'],
    query: { after, limit, wait },
    deadlineMs: ((wait ?? 0) + GRACE_SECONDS) * 1_000,
    shape: isSyncAnswer,
    signal,
  })
}
