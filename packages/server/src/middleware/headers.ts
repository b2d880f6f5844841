import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../context.ts'

/** On every answer: what is live is stored nowhere, and taken for nothing but what it says it is. */
export function commonHeaders(isDraining: () => boolean): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    context.header('Cache-Control', 'no-store')
    context.header('X-Content-Type-Options', 'nosniff')
    context.header('Referrer-Policy', 'no-referrer')
    await next()
    // Clients must not send their next request into a connection that is about to close.
    if (isDraining()) context.header('Connection', 'close')
  }
}
