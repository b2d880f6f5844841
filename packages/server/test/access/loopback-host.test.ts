import { describe, expect, it } from 'vitest'
import { isLoopbackName } from '../../src/middleware/identity.ts'
import { chatApp } from '../chat-app.ts'
import { refusal } from '../http.ts'

const OWN = ['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '[::1]']
const FOREIGN = [
  'evil.example',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'xlocalhost',
  '192.168.0.1',
  '[::2]',
  '0.0.0.0',
]

describe('an open server on loopback', () => {
  it('answers under its own names, with or without port', async () => {
    const { app } = chatApp()
    for (const host of OWN)
      for (const port of ['', ':8787']) expect((await app.request(`http://${host}${port}/v1`)).status).toBe(200)
  })

  it('refuses every other name, on every path and method', async () => {
    const { app, log } = chatApp()
    for (const host of FOREIGN)
      for (const path of ['/v1', '/home/', '/healthz', '/send/msg?text=x', '/get/msg?index=0', '/nothing'])
        for (const method of ['GET', 'POST', 'OPTIONS'])
          expect([host, path, await refusal(app.request(`http://${host}${path}`, { method }))]).toEqual([
            host,
            path,
            '403 host-not-allowed',
          ])
    expect(await log.rooms(1)).toEqual([])
  })
})

it('names of loopback are those and no others', () => {
  for (const host of [...OWN, '::1']) expect([host, isLoopbackName(host)]).toEqual([host, true])
  for (const host of [...FOREIGN, '', '::', '127.0.0', '1.127.0.0.1'])
    expect([host, isLoopbackName(host)]).toEqual([host, false])
})

it('a server that is open on purpose answers under any name', async () => {
  const { app } = chatApp({ access: { type: 'anybody' } })
  expect((await app.request('http://chat.example/v1')).status).toBe(200)
})
