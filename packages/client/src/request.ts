/** One request: its address, its headers, its deadline. Invariant: when it settles, no timer or listener is left. */
import type { Answer } from './answer.ts'
import { readAnswer } from './answer.ts'
import { ServerUnreachable } from './failures.ts'
import { networkReason } from './network-reason.ts'
import type { Shape } from './shapes.ts'
import type { FetchLike, Method } from './types.ts'

/** How long an answer may take beyond the time that the server was asked to wait, in seconds. */
export const GRACE_SECONDS = 10

/** Where to and as whom: what all requests of a client share. `base` has no slash at its end. */
export type Server = { base: string; key: string | undefined; claim: Claim; fetch: FetchLike }

/** Asked before each request. */
export type Claim = () => Promise<string | undefined>

export type Ask<T> = {
  /** Path segments after `/v1`; encoded here. */
  path: readonly string[]
  query?: Readonly<Record<string, string | number | undefined>>
  /** @default POST with a body, else GET */
  method?: Method
  body?: object
  /** The key of the private room that is meant, or of several. */
  roomKey?: string | undefined
  shape: Shape<T>
  deadlineMs?: number
  signal?: AbortSignal | undefined
}

/**
 * @throws ChatError, CursorReset as the server says so; ServerUnreachable for what may pass; the signal's reason
 */
export async function request<T>(server: Server, ask: Ask<T>): Promise<T> {
  const { signal, deadlineMs = GRACE_SECONDS * 1_000 } = ask
  signal?.throwIfAborted()
  // AbortSignal.any and .timeout would do the same, and any() has leaked (node #54614).
  const controller = new AbortController()
  const abort = () => controller.abort()
  let late = false
  const timer = setTimeout(() => {
    late = true
    abort()
  }, deadlineMs)
  signal?.addEventListener('abort', abort)
  try {
    return readAnswer(await exchange(server, ask, controller.signal), ask.shape)
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    if (!late) throw error
    const reason = `no answer within ${Number((deadlineMs / 1_000).toFixed(1))} s`
    throw new ServerUnreachable(reason, { mayHaveArrived: true, cause: error })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

async function exchange<T>(server: Server, ask: Ask<T>, signal: AbortSignal): Promise<Answer> {
  const { path, query, body, method = body ? 'POST' : 'GET' } = ask
  const headers = await headersOf(server, 'application/json', ask.roomKey, signal)
  if (body) headers['content-type'] = 'application/json'
  const url = addressOf(server, path, query)
  const init = { method, headers, signal, ...(body && { body: JSON.stringify(body) }) }
  const response = await onNetwork(server.fetch(url, init))
  return { status: response.status, headers: response.headers, text: await onNetwork(response.text()) }
}

/** Something that a fetch does. @throws ServerUnreachable with the reason in plain words */
export async function onNetwork<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    const { reason, mayHaveArrived } = networkReason(cause)
    throw new ServerUnreachable(reason, { mayHaveArrived, cause })
  }
}

/** What every request shows; `accept` is what it hopes for, beside a problem document. */
export async function headersOf(
  { key, claim: claimed }: Server,
  accept: string,
  roomKey: string | undefined,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const claim = await unlessAborted(claimed(), signal)
  const headers: Record<string, string> = { accept: `${accept}, application/problem+json` }
  if (key !== undefined) headers.authorization = `Bearer ${key}`
  if (claim !== undefined) headers['poll-chat-claim'] = claim
  if (roomKey !== undefined) headers['poll-chat-room-key'] = roomKey
  return headers
}

/** @throws the signal's reason when it aborts first */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    signal.throwIfAborted()
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

export function addressOf({ base }: Server, path: readonly string[], query?: Ask<unknown>['query']): string {
  return `${base}/${['v1', ...path].map(encodeURIComponent).join('/')}${formatQuery(query)}`
}

function formatQuery(query: Ask<unknown>['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}
