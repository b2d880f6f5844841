/** Who may come in: whoever shows the server's key; without one, whoever speaks to this machine by its own name. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { ChatError } from '@poll-chat/protocol'
import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../context.ts'
import type { Limits } from '../limits/limits.ts'
import { addressOf } from './address.ts'

/**
 * Who may come in: who shows this key, who speaks to this machine by its own name, or anybody. The admin key, where there is
 * one, opens what the key opens, and what is for the operator alone.
 */
export type Access = ({ type: 'key'; key: string } | { type: 'loopback' } | { type: 'anybody' }) & { adminKey?: string }

/** Decides about one request: what refuses it, or nothing. `authorization` is that header. */
export type Gate = (request: {
  path: string
  hostname: string
  authorization: string | undefined
}) => ChatError | undefined

export function createGate(access: Access): Gate {
  if (access.type === 'anybody') return () => undefined
  if (access.type === 'loopback') return ({ hostname }) => loopbackFault(hostname)
  const { key, adminKey = key } = access
  const keys = [sha256(key), sha256(adminKey)]
  return ({ path, authorization }) => (isPublic(path) ? undefined : keyFault(authorization, keys))
}

/** Whether somebody lives here, and the page, in which there is nothing of anybody's: it asks for the key itself. */
function isPublic(path: string): boolean {
  return path === '/healthz' || path === '/' || path.startsWith('/page/')
}

export function identity(gate: Gate, limits: Limits): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    const { req } = context
    const { hostname } = new URL(req.url)
    const authorization = req.header('Authorization')
    const address = addressOf(context, limits)
    const lock = req.path === '/healthz' ? undefined : limits.lock(address)
    if (lock) throw lock
    const fault = gate({ path: req.path, hostname, authorization })
    if (fault?.code === 'key-required' && authorization !== undefined) await limits.wrongKey(address)
    if (fault) throw fault
    await next()
  }
}

/** Digests are compared, not keys: their length is always the same, and tells nothing. */
function keyFault(authorization: string | undefined, keys: readonly Buffer[]): ChatError | undefined {
  if (bearerOf(authorization) === undefined)
    return new ChatError('key-required', 'Send the key as "Authorization: Bearer KEY".')
  if (shows(authorization, keys)) return undefined
  return new ChatError('key-required', 'The key is not the one of this server.')
}

function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

/** Whether the header shows one of these keys, which are given as their digests. */
function shows(authorization: string | undefined, keys: readonly Buffer[]): boolean {
  const shown = bearerOf(authorization)
  if (shown === undefined) return false
  const digest = sha256(shown)
  return keys.map((key) => timingSafeEqual(digest, key)).includes(true)
}

/**
 * For routes that are the operator's: they need the admin key, and are refused where there is none. Where everybody needs a
 * key, whoever comes here has shown a right one, and guesses were counted before.
 */
export function adminOnly({ type, adminKey }: Access, limits: Limits): MiddlewareHandler<AppEnv> {
  const keys = adminKey === undefined ? [] : [sha256(adminKey)]
  return async (context, next) => {
    const authorization = context.req.header('Authorization')
    if (!shows(authorization, keys)) {
      if (type !== 'key' && authorization !== undefined) await limits.wrongKey(addressOf(context, limits))
      throw new ChatError(
        'admin-only',
        'Show the admin key as "Authorization: Bearer KEY"; the operator of the server has it.',
      )
    }
    await next()
  }
}

export function sha256(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/**
 * Against DNS rebinding: a web page on a name that suddenly resolves to 127.0.0.1 speaks to an open server as its own
 * site, but cannot choose another `Host`.
 */
function loopbackFault(hostname: string): ChatError | undefined {
  if (isLoopbackName(hostname)) return undefined
  return new ChatError('host-not-allowed', 'Without a key this server answers only as localhost or 127.0.0.1.')
}

/** `localhost`, 127.0.0.0/8 and `::1`, as a URL or a `--host` writes them. */
export function isLoopbackName(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/i.test(host)
}
