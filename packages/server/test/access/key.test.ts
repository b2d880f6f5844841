import { describe, expect, it } from 'vitest'
import { StartError } from '../../src/log/start-error.ts'
import { startServer } from '../../src/server.ts'
import { chatApp } from '../chat-app.ts'
import { type Ask, problem, refusal } from '../http.ts'

const PATHS = [
  '/home/',
  '/lang/?uid=a',
  '/send/msg?text=x',
  '/send/message?text=x',
  '/get/msg?index=0',
  '/get/message?uid=a',
  '/v1',
  '/v1/rooms',
  '/v1/rooms/lobby/messages',
  '/v1/rooms/lobby/inbox?uid=a',
  '/readyz',
  '/openapi.json',
  '/nothing',
  '/page',
  '/healthz/',
  '//healthz',
  '/healthz/../v1',
] as const

function shown(ask: Ask, authorization: string): Promise<Response> {
  return ask('/v1/rooms', { headers: { Authorization: authorization } })
}

describe('a server with a key', () => {
  it('asks for it on every path but /healthz and the page, and does nothing without it', async () => {
    const { ask, log, store } = chatApp({ access: { type: 'key', key: 'secret' } })
    for (const path of PATHS)
      for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
        const response = await ask(path, { method })
        expect([path, method, response.status]).toEqual([path, method, 401])
        expect(response.headers.get('www-authenticate')).toBe('Bearer realm="poll-chat"')
      }
    expect(await refusal(ask('/v1'))).toBe('401 key-required')
    expect((await ask('/healthz')).status).toBe(200)
    expect((await ask('/')).status).toBe(200)
    expect(await log.rooms(1)).toEqual([])
    expect(await store.list('')).toEqual([])
  })

  it('takes it as a bearer, whatever the case of that word', async () => {
    const { ask } = chatApp({ access: { type: 'key', key: 's3cret-Key_~+/=' } })
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer  '])
      expect((await shown(ask, `${scheme} s3cret-Key_~+/=`)).status).toBe(200)
  })

  it('refuses another key, another scheme, and the key in the URL', async () => {
    const { ask } = chatApp({ access: { type: 'key', key: 'secret' } })
    for (const wrong of [
      'Bearer Secret',
      'Bearer secre',
      'Bearer secrets',
      'Bearer',
      'Bearer ',
      'Basic secret',
      'secret',
    ])
      expect([wrong, await refusal(shown(ask, wrong))]).toEqual([wrong, '401 key-required'])
    expect(await refusal(ask('/v1/rooms?key=secret&access_token=secret'))).toBe('401 key-required')
  })

  it('never writes the key', async () => {
    const { ask, lines } = chatApp({ access: { type: 'key', key: 'topsecret' } })
    const { detail } = await problem(shown(ask, 'Bearer topsecre'))
    await shown(ask, 'Bearer topsecret')
    expect(`${detail}${lines.join('')}`).not.toContain('topsec')
  })

  it('is answered under any host name', async () => {
    const { app } = chatApp({ access: { type: 'key', key: 'secret' } })
    const headers = { Authorization: 'Bearer secret' }
    expect((await app.request('http://chat.example/v1', { headers })).status).toBe(200)
  })
})

describe('startServer', () => {
  const config = { port: 0, engine: 'memory:', logLevel: 'silent' } as const

  it('refuses an address that is not loopback without a key', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'chat.example', '127.0.0.1.example'])
      await expect(startServer({ ...config, host })).rejects.toThrow(StartError)
  })

  it('serves it with a key, or when told to be open', async () => {
    const locked = await startServer({ ...config, host: '0.0.0.0', key: 'secret' })
    expect((await fetch(`${locked.url}/v1`)).status).toBe(401)
    await locked.close()
    const open = await startServer({ ...config, host: '0.0.0.0', open: true })
    expect((await fetch(`${open.url}/v1`)).status).toBe(200)
    await open.close()
  })
})
