import { nodeHttpFetch } from './node-http-fetch.ts'
import { usesProxy } from './proxy-environment.ts'
import { socketFetch } from './socket-fetch.ts'
import type { FetchLike } from './types.ts'

/**
 * A fetch for commands that ask once and exit: one connection for each request, no redirects, through the proxy of the
 * environment where there is one. TLS and proxies are for node:http and node:https.
 */
export const plainHttpFetch: FetchLike = (url, init) =>
  url.startsWith('http:') && !usesProxy(url, process.env) ? socketFetch(url, init) : nodeHttpFetch(url, init)
