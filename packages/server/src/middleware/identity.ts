/** Who may come in: whoever shows the server's key; without one, whoever speaks to this machine by its own name. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { ChatError } from '@poll-chat/protocol'
import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../context.ts'

/** Who may come in: who shows this key, who speaks to this machine by its own name, or anybody. */
export type Access = { type: 'key'; key: string } | { type: 'loopback' } | { type: 'anybody' }

/** Decides about one request: what refuses it, or nothing. `authorization` is that header. */
export type Gate = (request: {
  path: string
  hostname: string
  authorization: string | undefined
}) => ChatError | undefined

export function createGate(access: Access): Gate {
  if (access.type === 'anybody') return () => undefined
  if (access.type === 'loopback') return ({ hostname }) => loopbackFault(hostname)
  const expected = sha256(access.key)
  return ({ path, authorization }) => (isPublic(path) ? undefined : keyFault(authorization, expected))
}

/** Whether somebody lives here, and the page, in which there is nothing of anybody's: it asks for the key itself. */
function isPublic(path: string): boolean {
  return path === '/healthz' || path === '/' || path.startsWith('/page/')
}

export function identity(gate: Gate): MiddlewareHandler<AppEnv> {
  return async ({ req }, next) => {
    const { hostname } = new URL(req.url)
    const fault = gate({ path: req.path, hostname, authorization: req.header('Authorization') })
    if (fault) throw fault
    await next()
  }
}

/** Digests are compared, not keys: their length is always the same, and tells nothing. */
function keyFault(authorization: string | undefined, expected: Buffer): ChatError | undefined {
  const shown = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
  if (shown === undefined) return new ChatError('key-required', 'Send the key as "Authorization: Bearer KEY".')
  if (timingSafeEqual(sha256(shown), expected)) return undefined
  return new ChatError('key-required', 'The key is not the one of this server.')
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
