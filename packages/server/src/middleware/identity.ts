/** Who may come in: whoever shows the server's key; without one, whoever speaks to this machine by its own name. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { ChatError } from '@poll-chat/protocol'
import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../context.ts'

/** Digests are compared, not keys: their length is always the same, and tells nothing. */
export function requireKey(key: string): MiddlewareHandler<AppEnv> {
  const expected = digest(key)
  return async (context, next) => {
    const shown = /^Bearer +(\S+) *$/i.exec(context.req.header('Authorization') ?? '')?.[1]
    if (shown === undefined || !timingSafeEqual(digest(shown), expected)) {
      throw new ChatError(
        'key-required',
        shown === undefined ? 'Send the key as "Authorization: Bearer KEY".' : 'The key is not the one of this server.',
      )
    }
    await next()
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/**
 * Against DNS rebinding: a web page on a name that suddenly resolves to 127.0.0.1 speaks to an open server as its own
 * site, but cannot choose another `Host`.
 */
export function requireLoopbackHost(): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    const host = new URL(context.req.url).hostname
    if (!isLoopbackName(host)) {
      throw new ChatError('host-not-allowed', 'Without a key this server answers only as localhost or 127.0.0.1.')
    }
    await next()
  }
}

/** `localhost`, 127.0.0.0/8 and `::1`, as a URL or a `--host` writes them. */
export function isLoopbackName(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/i.test(host)
}
