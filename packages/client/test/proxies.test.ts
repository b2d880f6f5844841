/** The proxy that a network wants one to take, as the environment names it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import type { FetchLike } from '../src/types.ts'
import { FETCHES } from './fetches.ts'

afterEach(() => vi.unstubAllEnvs())

/** A proxy that answers itself, with what it was asked for. */
async function startProxy(): Promise<{ url: string; close(): void }> {
  const proxy = createServer((request, response) => response.end(`asked for ${request.url}`)).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return { url: `http://127.0.0.1:${address.port}`, close: () => proxy.close() }
}

async function ask(fetch: FetchLike, url: string): Promise<string> {
  const answer = await fetch(url, { method: 'GET', headers: {}, signal: AbortSignal.timeout(10_000) })
  return answer.text()
}

test.each(FETCHES.filter(([name]) => name !== 'the global fetch'))(
  '%s asks the proxy of the environment, but not for this machine',
  async (_name, open) => {
    const proxy = await startProxy()
    for (const name of ['https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY']) vi.stubEnv(name, '')
    vi.stubEnv('http_proxy', proxy.url)
    try {
      expect(await ask(open().fetch, 'http://chat.example:8787/v1')).toBe('asked for http://chat.example:8787/v1')
      expect(await ask(open().fetch, `${proxy.url}/v1`)).toBe('asked for /v1')
      vi.stubEnv('no_proxy', 'chat.example')
      await expect(ask(open().fetch, 'http://chat.example:8787/v1')).rejects.toThrow()
    } finally {
      proxy.close()
    }
  },
)
