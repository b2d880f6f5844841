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
    const fault = crossSiteFault(req.method, (name) => req.header(name))
    if (fault?.code === 'method-not-allowed') context.header('Allow', 'GET')
    if (fault) throw fault
    await next()
  }
}

/** Decides about one request that would change something: what refuses it, or nothing. */
export function crossSiteFault(method: string, header: (name: string) => string | undefined): ChatError | undefined {
  // A link preview must not send, and Hono answers HEAD with the GET handler.
  if (method === 'HEAD') return new ChatError('method-not-allowed', 'HEAD would change something here; use GET.')
  const purpose = header('Sec-Purpose') ?? header('Purpose') ?? ''
  if (/prefetch|prerender/i.test(purpose)) return refused('A prefetch must not change anything.')
  const site = header('Sec-Fetch-Site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return refused(`This request came from a ${site} page.`)
  }
  const origin = header('Origin')
  if (origin === undefined || isOwnOrigin(origin, header('Host'))) return undefined
  return refused('This request came from another origin.')
}

/** The scheme is not compared: behind a proxy that ends TLS the server sees http where the page is https. */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
}

function refused(detail: string): ChatError {
  return new ChatError('cross-site', detail)
}
