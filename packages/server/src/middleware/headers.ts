import type { Context, MiddlewareHandler } from 'hono'
import type { AppEnv } from '../context.ts'

/** On every answer: what is live is stored nowhere, and taken for nothing but what it says it is. */
export const COMMON_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
} as const

export function commonHeaders(isDraining: () => boolean): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    for (const [name, value] of Object.entries(COMMON_HEADERS)) context.header(name, value)
    await next()
    // Clients must not send their next request into a connection that is about to close.
    if (isDraining() && !isHttp2(context)) context.header('Connection', 'close')
  }
}

/** HTTP/2 knows no `Connection` header (RFC 9113 §8.2.2); its connections end by a frame of their own. */
export function isHttp2({ env }: Context<AppEnv>): boolean {
  return env?.incoming?.httpVersionMajor === 2
}
