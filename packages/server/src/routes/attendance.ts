/** What reading has to do with presence: who reads is here, and who asks for it is told of the others. */
import { type Batch, PRESENCE_GRACE_SECONDS, type PresenceNews } from '@poll-chat/protocol'
import type { Uids } from '../access/uids.ts'
import { crossSiteFault } from '../middleware/cross-site.ts'
import type { Presence } from '../presence/presence.ts'

/** As whom somebody reads, and whether others are to see it. */
export type Reader = { uid?: string | undefined; presence?: 'off' | undefined }

/**
 * Lets somebody who names a uid be seen in the rooms that they read, until they would ask again. `waitSeconds`: when that is.
 * @throws ChatError when they are not who they say
 */
export async function attend(
  { uids, presence }: { uids: Uids; presence: Presence },
  { uid, presence: shown }: Reader,
  reading: {
    rooms: Iterable<string>
    waitSeconds: number
    header: (name: string) => string | undefined
    claim: string | undefined
    address: string
  },
): Promise<void> {
  if (uid === undefined) return
  const { rooms, waitSeconds, header, claim, address } = reading
  const fault = crossSiteFault('GET', header)
  if (fault) throw fault
  const person = await uids.admit(uid, claim, address)
  if (shown === 'off') return
  for (const room of rooms) presence.renew(room, person, (waitSeconds + PRESENCE_GRACE_SECONDS) * 1000)
}

/** `seen`: the version of what the reader knows of who is here; without it they do not ask. */
export type Watched = { presence: Presence; room: string; seen: string | undefined; signal: AbortSignal }

/** A read that ends early, with nothing, when there is news of who is here. */
export async function withPresence(
  { presence, room, seen, signal }: Watched,
  read: (signal: AbortSignal) => Batch | Promise<Batch>,
): Promise<{ batch: Batch; news: PresenceNews | undefined }> {
  if (seen === undefined) return { batch: await read(signal), news: undefined }
  const over = new AbortController()
  const end = () => over.abort()
  signal.addEventListener('abort', end)
  const unwatch = presence.watch(room, seen, end)
  try {
    const batch = await read(over.signal)
    return { batch, news: presence.since(room, seen) }
  } finally {
    unwatch()
    signal.removeEventListener('abort', end)
  }
}

/** The same as one batch. */
export async function batchWithPresence(
  watched: Watched,
  read: (signal: AbortSignal) => Batch | Promise<Batch>,
): Promise<Batch> {
  const { batch, news } = await withPresence(watched, read)
  return news ? { ...batch, presence: news } : batch // without news it is the batch that is shared with others
}
