/**
 * The page: one document and what it loads. There is nothing of anybody's in it, so no key is asked for: it asks for
 * the key itself, which a browser could not send otherwise.
 */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Asset, assets, page } from '@poll-chat/web'
import { type Context, Hono } from 'hono'
import type { AppEnv } from '../context.ts'
import { PAGE_HEADERS } from '../middleware/headers.ts'

const compress = promisify(gzip)

/** Only this server's own script and style run, and they speak only to this server. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Its name changes with its content. */
const FOR_EVER = 'public, max-age=31536000, immutable'

export function pageRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>()
  const html = served({ path: '/', type: 'text/html; charset=utf-8', body: page })
  routes.get('/', (context) =>
    html(context, { ...PAGE_HEADERS, 'Content-Security-Policy': PAGE_POLICY, 'Cache-Control': 'no-cache' }),
  )
  for (const asset of assets) {
    const answer = served(asset)
    routes.get(asset.path, (context) => answer(context, { 'Cache-Control': FOR_EVER }))
  }
  return routes
}

/** Compressed once, for all who can read that. */
function served({ type, body }: Asset) {
  let compressed: Promise<Uint8Array<ArrayBuffer>> | undefined
  return async (context: Context<AppEnv>, headers: Record<string, string>): Promise<Response> => {
    const common = { 'Content-Type': type, Vary: 'Accept-Encoding', ...headers }
    if (!/\bgzip\b/.test(context.req.header('Accept-Encoding') ?? '')) return context.body(body, 200, common)
    compressed ??= compress(body).then((bytes) => new Uint8Array(bytes))
    return context.body(await compressed, 200, { ...common, 'Content-Encoding': 'gzip' })
  }
}
