/** Sizes, and well-formedness where a lenient reader would change what was sent. */
import { ChatError, MAX_BODY_BYTES, MAX_URL_BYTES } from '@poll-chat/protocol'
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { AppEnv } from '../context.ts'

export function urlLimits(): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    const { url } = context.req
    if (url.length > MAX_URL_BYTES)
      throw new ChatError('url-too-long', `The URL is over ${MAX_URL_BYTES} bytes; send a long text with POST.`)
    if (url.includes('%') && !isDecodable(url))
      throw new ChatError('bad-request', 'The URL has percent signs that encode no UTF-8.')
    await next()
  }
}

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}

export function limitBody(): MiddlewareHandler<AppEnv> {
  const count = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge })
  return (context, next) => {
    const length = context.req.header('Content-Length')
    // Counting makes a stream of the body, which costs as much as all the rest; one that says its length needs none.
    if (length === undefined) return count(context, next)
    return Number(length) > MAX_BODY_BYTES ? tooLarge() : next()
  }
}

function tooLarge(): never {
  throw new ChatError('body-too-large', `The body is over ${MAX_BODY_BYTES} bytes.`)
}
