/**
 * Keeps other web sites from acting through a visitor's browser, wherever a request changes something, whatever its
 * method. The rule of Go's `http.CrossOriginProtection`, extended to GET because the classic sends are GETs. What no
 * browser sends (no such headers: curl, scripts, our client) passes.
 */
import { ChatError } from '@poll-chat/protocol'
import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../context.ts'

export function sameSiteOnly(): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    const { req } = context
    // A link preview or prefetch must not send, and Hono answers HEAD with the GET handler.
    if (req.method === 'HEAD') throw new ChatError('method-not-allowed', 'HEAD would change something here; use GET.')
    const purpose = req.header('Sec-Purpose') ?? req.header('Purpose') ?? ''
    if (/prefetch|prerender/i.test(purpose)) throw refused('A prefetch must not change anything.')
    const site = req.header('Sec-Fetch-Site')
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      throw refused(`This request came from a ${site} page.`)
    const origin = req.header('Origin')
    if (origin !== undefined && !isOwnOrigin(origin, req.header('Host')))
      throw refused('This request came from another origin.')
    await next()
  }
}

/** The scheme is not compared: behind a proxy that ends TLS the server sees http where the page is https. */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
}

function refused(detail: string): ChatError {
  return new ChatError('cross-site', detail)
}
