import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { AddressInUse } from '../../src/http/listen.ts'
import { StartError } from '../../src/log/start-error.ts'
import { startServer } from '../../src/server.ts'
import { openForTest } from '../engines.ts'
import { sent } from '../http.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { serving } from './serving.ts'

const config = { host: '127.0.0.1', port: 0, engine: 'memory:', logLevel: 'silent' } as const

it('a server is reached at its url, on each loopback address', async () => {
  for (const [host, start] of [
    ['127.0.0.1', 'http://127.0.0.1:'],
    ['::1', 'http://[::1]:'],
    ['[::1]', 'http://[::1]:'],
  ] as const) {
    const { url, ask } = await serving({ host })
    expect(url.startsWith(start)).toBe(true)
    expect((await ask('/v1')).status).toBe(200)
  }
  const { ask } = await serving({ host: 'localhost' })
  expect((await ask('/v1')).status).toBe(200)
})

it('a port that is taken is AddressInUse, and the log is let go', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const address = other.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const engine = `sqlite:${join(temporaryFolder(), 'chat.db')}`
  const failure = startServer({ ...config, engine, port: address.port })
  await expect(failure).rejects.toThrow(AddressInUse)
  await expect(failure).rejects.toThrow(`Port ${address.port} is taken.`)
  expect(await (await openForTest(engine)).log.rooms(1)).toEqual([])
})

it('an address that this machine does not have is a StartError', async () => {
  await expect(startServer({ ...config, host: '192.0.2.1', key: 'k' })).rejects.toThrow(StartError)
  await expect(startServer({ ...config, host: '192.0.2.1', key: 'k' })).rejects.toThrow('192.0.2.1')
})

it('a log that cannot be opened is a StartError, and nothing listens', async () => {
  await expect(startServer({ ...config, engine: 'nonsense:' })).rejects.toThrow(StartError)
})

it('what was sent before a server closed is there in the next', async () => {
  const engine = `sqlite:${join(temporaryFolder(), 'chat.db')}`
  const first = await serving({ engine })
  const { message } = await sent(first.ask, 'lobby', 'kept')
  await first.close()
  const second = await serving({ engine })
  const response = await second.ask('/v1/rooms/lobby/messages?after=0')
  expect(await response.json()).toMatchObject({ messages: [message] })
})
