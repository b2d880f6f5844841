import type { Context, MiddlewareHandler } from 'hono'
import type { AppEnv } from '../context.ts'

export type AnswerHeaders = Readonly<Record<string, string>>

/** On every answer: what is live is stored nowhere, taken for nothing but what it says it is, and loaded by no other site. */
export const COMMON_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const

/**
 * The same, and that browsers shall come back by TLS alone for 30 days (RFC 6797). For a server of the network: of
 * `localhost` a browser would believe it for every other server there.
 */
export const STRICT_HEADERS = { ...COMMON_HEADERS, 'Strict-Transport-Security': 'max-age=2592000' } as const

/** On every page, beside its policy: no other window holds it, and it asks for no device. */
export const PAGE_HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const

export function commonHeaders(headers: AnswerHeaders, isDraining: () => boolean): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    for (const [name, value] of Object.entries(headers)) context.header(name, value)
    await next()
    // Clients must not send their next request into a connection that is about to close.
    if (isDraining() && !isHttp2(context)) context.header('Connection', 'close')
  }
}

/** HTTP/2 knows no `Connection` header (RFC 9113 §8.2.2); its connections end by a frame of their own. */
export function isHttp2({ env }: Context<AppEnv>): boolean {
  return env?.incoming?.httpVersionMajor === 2
}
