import { Agent, EnvHttpProxyAgent, request } from 'undici'
import { usesProxy } from './proxy-environment.ts'
import type { FetchLike } from './types.ts'

/** How long an idle connection is kept when the server does not say, in milliseconds. Less than anything on the way keeps it. */
const IDLE_MS = 4_000

/**
 * How long before the server's own `Keep-Alive: timeout` a connection is given up, in milliseconds: a request sent while
 * the server closes is lost (undici #5450, node #52649).
 */
const IDLE_MARGIN_MS = 2_000

/** Above every deadline of the client's own (55 s of waiting, 10 s of grace), which so is the one that rules. */
const TIMEOUT_MS = 90_000

/**
 * A fetch on undici for those who ask often: connections are kept alive and, unlike node:http's, are not cut after the
 * idle time of the server while an answer is waited for (node #53458). `close` frees them, after what is under way.
 * It follows no redirects, and goes through the proxy of the environment where there is one.
 * `timeoutMs`: how long an answer may be silent, in milliseconds.
 */
export function createUndiciFetch({ timeoutMs = TIMEOUT_MS } = {}): FetchLike & { close(): Promise<void> } {
  const options = {
    keepAliveTimeout: IDLE_MS,
    keepAliveTimeoutThreshold: IDLE_MARGIN_MS,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  }
  const direct = new Agent(options)
  const proxied = new EnvHttpProxyAgent(options)
  const undiciFetch: FetchLike = async (url, init) => {
    const dispatcher = usesProxy(url, process.env) ? proxied : direct
    const { statusCode, headers, body } = await request(url, { ...init, dispatcher })
    return {
      status: statusCode,
      headers: {
        get(name) {
          const value = headers[name.toLowerCase()]
          return Array.isArray(value) ? value.join(', ') : (value ?? null)
        },
      },
      get body() {
        const chunks: AsyncIterator<Uint8Array<ArrayBuffer>> = body[Symbol.asyncIterator]()
        return { getReader: () => ({ read: async () => ({ done: false, ...(await chunks.next()) }) }) }
      },
      async text() {
        const text = await body.text()
        // undici frees the connection just after this; who asks again at once would open a second one.
        await new Promise<void>((resolve) => setImmediate(resolve))
        return text
      },
    }
  }
  return Object.assign(undiciFetch, {
    async close() {
      await Promise.all([direct.close(), proxied.close()])
    },
  })
}
