/** A stream outlives what its reader was allowed: it is asked again at its heartbeats. */
import { ChatError } from '@poll-chat/protocol'
import { describe, expect, it, vi } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import { chatApp } from '../chat-app.ts'
import { refusal } from '../http.ts'
import { fakeClock } from '../hub/fake-clock.ts'
import { eventReader } from './event-reader.ts'
import { servedApp } from './served-app.ts'
import { socketClient } from './socket-client.ts'

const OTHER = 'b'.repeat(43)
const query = '?after=0&uid=alice'

type App = Pick<ReturnType<typeof chatApp>, 'uids'>

const AFTERWARDS: [string, string, (app: App) => unknown][] = [
  ['somebody claims the uid', 'uid-taken', ({ uids }) => uids.admit('alice', OTHER)],
  ['the uid is banned', 'banned', ({ uids }) => uids.ban('alice')],
]

describe.each(AFTERWARDS)('when %s after a stream as it has begun', (_what, code, happens) => {
  it.each(['', '&presence=off', '&ephemeral=1'])(
    'server-sent events end, and cannot be opened again (%s)',
    async (more) => {
      const clock = fakeClock()
      const app = chatApp()
      const path = `/v1/rooms/lobby/events${query}${more}`
      const { next } = eventReader(await app.ask(path))
      expect(await next()).toMatchObject({ event: 'ready' })
      await happens(app)
      let event: Awaited<ReturnType<typeof next>> | 'open' = 'open'
      void (async () => {
        while (event !== undefined) event = await next()
      })()
      await clock.advance(45_000)
      expect(event).toBeUndefined()
      expect(app.hub.waiting).toBe(0)
      expect(app.lines.filter((line) => line.includes('"level":50'))).toEqual([])
      expect(await refusal(app.ask(path))).toBe(`403 ${code}`)
    },
  )

  it('a WebSocket is told why, and closed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'performance'] })
    const app = await servedApp()
    const client = await socketClient(app.url, `/v1/rooms/lobby/socket${query}`)
    expect(await client.next()).toMatchObject({ type: 'ready' })
    await happens(app)
    vi.advanceTimersByTime(30_000)
    expect(await client.nextOf('problem')).toMatchObject({ problem: { code } })
    expect(await client.closed).toBe(4001)
    vi.useRealTimers()
  })
})

it('a log that cannot be asked just now ends no stream of server-sent events', async () => {
  const clock = fakeClock()
  const { log, store } = openMemory()
  let isBroken = false
  const get = (key: string) => (isBroken ? Promise.reject(new ChatError('log-unavailable', 'No.')) : openStore.get(key))
  const openStore = { get: store.get.bind(store) }
  const app = chatApp({ engine: { log, store: Object.assign(store, { get }) } })
  const { next } = eventReader(await app.ask(`/v1/rooms/lobby/events${query}`))
  expect(await next()).toMatchObject({ event: 'ready' })
  await app.uids.ban('alice')
  await app.uids.unban('alice') // so that it has to be read again
  isBroken = true
  const following = next()
  await clock.advance(21_000)
  expect(await following).toEqual({ event: ':', id: undefined, data: undefined })
})
