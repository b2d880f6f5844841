import { describe, expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'
import { appendAll } from '../drafts.ts'
import { problem } from '../http.ts'

const POST = { method: 'POST', body: 'x' }
const CHANGING: readonly (readonly [string, RequestInit])[] = [
  ['/v1/rooms/lobby/messages', POST],
  ['/v1/rooms/lobby/inbox?uid=alice', {}],
  ['/send/msg?text=x', {}],
  ['/send/message?text=x', {}],
  ['/lang/?uid=alice', {}],
  ['/get/message?uid=alice', {}],
]
const READING = ['/home/', '/get/msg?index=0', '/v1', '/v1/rooms', '/v1/rooms/lobby/messages?after=0', '/healthz', '/']
const FOREIGN: readonly Record<string, string>[] = [
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
  { 'Sec-Fetch-Site': 'anything' },
  { Origin: 'https://evil.example' },
  { Origin: 'http://localhost:1' },
  { Origin: 'null' },
  { Origin: '' },
  { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://evil.example' },
  { 'Sec-Fetch-Site': 'cross-site', Origin: 'http://localhost:8787' },
  { 'Sec-Purpose': 'prefetch' },
  { 'Sec-Purpose': 'prefetch;prerender' },
  { Purpose: 'prefetch' },
]
const OWN: readonly Record<string, string>[] = [
  {},
  { 'Sec-Fetch-Site': 'same-origin' },
  { 'Sec-Fetch-Site': 'none' },
  { Origin: 'http://localhost:8787' },
  { Origin: 'https://localhost:8787', 'Sec-Fetch-Site': 'same-origin' },
]

/** With one message unread, so that no answer hangs. */
async function appWithUnread() {
  const parts = chatApp()
  await parts.store.put('inbox/lobby/alice', '0')
  await appendAll(parts.log, 'lobby', ['unread'])
  return parts
}

const withHeaders = (init: RequestInit, headers: Record<string, string>): RequestInit => ({
  ...init,
  headers: { Host: 'localhost:8787', ...headers },
})

for (const [path, init] of CHANGING) {
  describe(`${init.method ?? 'GET'} ${path}, which changes something,`, () => {
    it('is refused from every other site, and then changes nothing', async () => {
      const { ask, log, store } = await appWithUnread()
      for (const headers of FOREIGN) {
        const refused = await problem(ask(path, withHeaders(init, headers)))
        expect([headers, refused.status, refused.code]).toEqual([headers, 403, 'cross-site'])
      }
      expect((await log.page('lobby', 10)).messages).toHaveLength(1)
      expect(await store.get('inbox/lobby/alice')).toMatchObject({ value: '0' })
    })

    it('is served to its own pages, and to what is no browser', async () => {
      for (const headers of OWN) {
        const { ask } = await appWithUnread()
        const { ok } = await ask(path, withHeaders(init, headers))
        expect([headers, ok]).toEqual([headers, true])
      }
    })
  })
}

describe('reading', () => {
  it('is not refused: what another site may see of it is for the browser to decide', async () => {
    const { ask } = await appWithUnread()
    for (const path of READING)
      for (const headers of FOREIGN) {
        const { status } = await ask(path, withHeaders({}, headers))
        expect([path, status]).toEqual([path, 200])
      }
  })

  it('is never opened to another site', async () => {
    const { ask } = await appWithUnread()
    for (const path of READING)
      for (const method of ['GET', 'OPTIONS']) {
        const response = await ask(path, withHeaders({ method }, { Origin: 'https://evil.example' }))
        expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
      }
  })
})
