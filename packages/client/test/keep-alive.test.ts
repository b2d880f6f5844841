import { afterEach, beforeEach, expect, test } from 'vitest'
import { createClient } from '../src/index.ts'
import { plainHttpFetch } from '../src/plain-http-fetch.ts'
import type { FetchLike } from '../src/types.ts'
import { createUndiciFetch } from '../src/undici-fetch.ts'
import { LogServer } from './log-server.ts'

let server: LogServer

beforeEach(async () => {
  server = await LogServer.start()
})

afterEach(() => server.stop())

async function connectionsOf(fetch: FetchLike): Promise<number> {
  const client = createClient({ url: server.url, fetch })
  for (let i = 0; i < 3; i++) await client.poll('lobby', { after: '0' })
  return server.connections
}

test('undici asks again on the same connection', async () => {
  server.keepAliveSeconds = 75
  const fetch = createUndiciFetch()
  expect(await connectionsOf(fetch)).toBe(1)
  await fetch.close()
})

test('undici leaves a connection 2 s before the server says it will: one of 2 s is never used again', async () => {
  server.keepAliveSeconds = 2
  const fetch = createUndiciFetch()
  expect(await connectionsOf(fetch)).toBe(3)
  await fetch.close()
})

test('a closed undici answers nothing more, and says so as a failure that may pass', async () => {
  const fetch = createUndiciFetch()
  await fetch.close()
  await expect(connectionsOf(fetch)).rejects.toMatchObject({ name: 'ServerUnreachable' })
})

test('a fetch for one request keeps no connection', async () => {
  server.keepAliveSeconds = 75
  expect(await connectionsOf(plainHttpFetch)).toBe(3)
})
