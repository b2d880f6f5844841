import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { usesProxy } from './proxy-environment.ts'
import type { FetchLike } from './types.ts'

/**
 * A fetch on node:http and node:https for commands that ask once and exit: one connection for each request, no redirects,
 * through the proxy of the environment where there is one.
 * The modules come through `getBuiltinModule`, since an ES import of node:http takes 30 ms longer: it evaluates the
 * module's lazy getters (WebSocket, CloseEvent …), which load undici.
 */
export const nodeHttpFetch: FetchLike = (url, init) =>
  new Promise((resolve, reject) => {
    const { method, headers, body, signal } = init
    const options = { method, headers: { ...headers, ...lengthOf(body) }, signal, agent: agentFor(url) }
    const request: ClientRequest = httpModule(url).request(url, options, (response) => resolve(answerOf(response)))
    request.on('error', reject)
    request.end(body)
  })

/** A fresh one without keep-alive, so that nothing keeps the process alive afterwards. Node takes proxies from 22.21 on. */
function agentFor(url: string): Agent | false {
  return usesProxy(url, process.env) && new (httpModule(url).Agent)({ proxyEnv: process.env })
}

function httpModule(url: string) {
  return url.startsWith('https:') ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http')
}

function lengthOf(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` }
}

function answerOf(response: IncomingMessage): Awaited<ReturnType<FetchLike>> {
  return {
    status: response.statusCode ?? 0,
    headers: {
      get(name) {
        const value = response.headers[name.toLowerCase()]
        return Array.isArray(value) ? value.join(', ') : (value ?? null)
      },
    },
    // Events, since the first `for await` over a stream takes 1 ms of a send.
    text: () =>
      new Promise((resolve, reject) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('error', reject) // an answer that is cut short ends with ECONNRESET
        response.on('end', () => resolve(text))
      }),
  }
}
