/** Clients for commands: which HTTP they use, and the check that somebody answers. */
import type { Client, ClientOptions, FetchLike, RoomKeys, WayMemory } from '@poll-chat/client'
import { createClient, ServerUnreachable } from '@poll-chat/client'
import { plainHttpFetch } from '@poll-chat/client/plain-http'
import { EXIT, Failure } from './failure.ts'
import { knownWays } from './known-ways.ts'
import { t } from './messages/language.ts'
import type { Mode } from './options.ts'

/** `roomKey`: all rooms are private ones with this key; `roomKeys` tells it for each. */
export type Connection = {
  url: string
  key?: string | undefined
  uid?: string
  claim?: string | undefined
  roomKey?: string | undefined
  roomKeys?: RoomKeys
}

/** Where the claim may still be found out: a function is asked before each request. */
type LaterConnection = Omit<Connection, 'claim'> & { claim?: ClientOptions['claim'] | undefined }

/** For a few requests: starts fast and keeps no connection. */
export function connectBriefly(connection: Connection): Client {
  return connectWith(plainHttpFetch, connection)
}

/** For following a room, by a way that may be chosen by what was learned about the network. */
export async function connectToFollow(connection: LaterConnection, mode: Mode): Promise<Client> {
  return connectForLong(connection, mode === 'auto' ? await knownWays(connection.url) : undefined)
}

/** For many requests: keeps its connections open. undici, which takes longer than a whole `send`, loads with the first one. */
export function connectForLong(connection: LaterConnection, memory?: WayMemory): Client {
  let undici: Promise<FetchLike> | undefined
  return connectWith(
    async (url, init) => {
      undici ??= import('@poll-chat/client/undici').then(({ createUndiciFetch }) => createUndiciFetch())
      return (await undici)(url, init)
    },
    connection,
    memory,
  )
}

function connectWith(
  fetch: FetchLike,
  { url, key, uid, claim, roomKey, roomKeys = () => roomKey }: LaterConnection,
  memory?: WayMemory,
): Client {
  return createClient({
    url,
    fetch,
    roomKeys,
    ...(key !== undefined && { key }),
    ...(uid !== undefined && { uid }),
    ...(memory && { memory }),
    ...(claim !== undefined && { claim }),
  })
}

/** Fails with one sentence when no poll-chat server answers. */
export async function assertAnswering(connection: Connection): Promise<void> {
  const client = connectBriefly(connection)
  await reaching(client, client.info())
}

/** Whether somebody answers there, of whatever kind: then it is no place to start a server. */
export async function isAnswering(connection: Connection): Promise<boolean> {
  try {
    await connectBriefly(connection).info()
    return true
  } catch (error) {
    return !(error instanceof ServerUnreachable && error.reason === REFUSED)
  }
}

/** Awaits something of a server, and names the address when it cannot be reached. */
export async function reaching<T>({ url }: Pick<Client, 'url'>, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ServerUnreachable) throw new Failure(unreachable(url, error), EXIT.unreachable, error)
    throw error
  }
}

const REFUSED = 'connection refused'

function unreachable(url: string, { reason, message, mayHaveArrived }: ServerUnreachable): string {
  const isSend = message !== reason
  if (isSend && mayHaveArrived) return t.connection.mayHaveArrived(t.connection.noUsableAnswer(url, t.reason(reason)))
  if (reason === REFUSED) return t.connection.nobodyAnswers(url, t.reason(reason))
  return t.connection.noUsableAnswer(url, t.reason(reason))
}
