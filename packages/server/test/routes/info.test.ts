import { roomsSchema } from '@poll-chat/protocol/schemas'
import { describe, expect, it } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import type { Store } from '../../src/log/contract.ts'
import { VERSION } from '../../src/version.ts'
import { chatApp } from '../chat-app.ts'
import { problem, refusal, sent } from '../http.ts'

describe('what a server says about itself', () => {
  it('is its version, its limits and whether it needs a key', async () => {
    const { ask } = chatApp()
    expect(await (await ask('/v1')).json()).toEqual({
      name: 'poll-chat',
      version: VERSION,
      api: 1,
      auth: 'none',
      limits: {
        text_bytes: 16384,
        name_characters: 64,
        batch_default: 100,
        batch_max: 500,
        wait_default_s: 25,
        wait_max_s: 55,
      },
    })
    const locked = chatApp({ access: { type: 'key', key: 'k' } })
    const info = await locked.ask('/v1', { headers: { Authorization: 'Bearer k' } })
    expect(await info.json()).toMatchObject({ auth: 'key' })
  })

  it('has the rooms that have messages', async () => {
    const { ask } = chatApp()
    expect(await (await ask('/v1/rooms')).json()).toEqual({ rooms: [] })
    const first = await sent(ask, 'a', 'x')
    const second = await sent(ask, 'b', 'x')
    const { rooms } = roomsSchema.strict().parse(await (await ask('/v1/rooms')).json())
    expect(rooms).toEqual([
      { room: 'b', newest: second.next, at: second.message.at },
      { room: 'a', newest: first.next, at: first.message.at },
    ])
  })

  it('is alive, and ready while it can write and is not shutting down', async () => {
    const { store, log } = openMemory()
    let failure: Error | undefined
    const fragile: Store = {
      get: (key) => store.get(key),
      put: (key, value) => (failure ? Promise.reject(failure) : store.put(key, value)),
      delete: (key) => store.delete(key),
      list: (prefix) => store.list(prefix),
      watch: (prefix, listener) => store.watch(prefix, listener),
    }
    const { ask, hub, lines } = chatApp({ engine: { log, store: fragile } })
    for (const path of ['/healthz', '/readyz']) {
      const response = await ask(path)
      expect([response.status, await response.text()]).toEqual([200, 'ok\n'])
    }
    failure = new Error('secret detail of the disk')
    const internal = await problem(ask('/readyz'))
    expect(internal).toMatchObject({ status: 500, code: 'internal' })
    expect(JSON.stringify(internal)).not.toContain('secret')
    expect(lines.join('')).toContain('secret detail of the disk')
    failure = undefined
    await hub.drain(0)
    expect(await problem(ask('/readyz'))).toMatchObject({ status: 503, code: 'draining', retry_after_ms: 1000 })
    expect((await ask('/healthz')).status).toBe(200)
  })
})

describe('every answer', () => {
  it('is stored nowhere and taken for nothing else, refusals too', async () => {
    const { ask } = chatApp()
    for (const path of ['/v1', '/home/', '/v1/rooms/lobby/messages', '/nothing', '/get/msg', '/openapi.json']) {
      const { headers } = await ask(path)
      expect([path, headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual([
        path,
        'no-store',
        'nosniff',
      ])
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
      expect(headers.get('strict-transport-security')).toBeNull()
      expect(headers.get('connection')).toBeNull()
    }
  })

  it('that is a page is framed, held by a window and scripted by nobody else, and asks for no device', async () => {
    const { ask } = chatApp()
    for (const path of ['/', '/home/', '/lang/?uid=alice']) {
      const { headers } = await ask(path)
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src .*frame-ancestors 'none'/)
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*/)
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('permissions-policy')).toContain('camera=()')
    }
  })

  it('closes its connection while the server drains, refusals too', async () => {
    const { ask, hub } = chatApp()
    await hub.drain(0)
    for (const path of ['/v1', '/nothing']) expect((await ask(path)).headers.get('connection')).toBe('close')
  })
})

describe('a path', () => {
  it('that is not served is 404', async () => {
    const { ask } = chatApp()
    for (const path of ['/nothing', '/v1/', '/v1/rooms/lobby', '/v1/rooms/a/b/messages', '/v2', '/openapiXjson'])
      for (const method of ['GET', 'POST', 'HEAD'])
        expect([path, (await ask(path, { method })).status]).toEqual([path, 404])
    expect(await refusal(ask('/nothing'))).toBe('404 not-found')
  })

  it('with a method that it does not have is 405 and says which it has', async () => {
    const { ask } = chatApp()
    const served = [
      ['/v1/rooms/lobby/messages', 'DELETE', 'GET, POST'],
      ['/v1/rooms/lobby/inbox?uid=a', 'POST', 'GET'],
      ['/v1/rooms', 'PUT', 'GET'],
      ['/v1', 'POST', 'GET'],
      ['/send/msg?text=x', 'POST', 'GET'],
      ['/openapi.json', 'PATCH', 'GET'],
    ] as const
    for (const [path, method, allow] of served) {
      const response = await ask(path, { method })
      expect([path, response.headers.get('allow')]).toEqual([path, allow])
      expect(await refusal(response)).toBe('405 method-not-allowed')
    }
  })

  it('longer than a URL may be is 414', async () => {
    const { ask } = chatApp()
    expect(await refusal(ask(`/send/msg?text=${'x'.repeat(52_000)}`))).toBe('414 url-too-long')
    const longest = encodeURIComponent('語'.repeat(5461))
    expect((await ask(`/send/msg?text=${longest}`)).status).toBe(200)
  })
})
