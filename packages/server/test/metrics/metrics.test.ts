import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChatError } from '@poll-chat/protocol'
import { expect, it } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import { chatApp } from '../chat-app.ts'
import { post, refusal, sent } from '../http.ts'
import { get, until } from '../lane/lane-server.ts'
import { connection, serving } from '../sockets/serving.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { scraped } from './scraped.ts'

const engine = () => `sqlite:${join(temporaryFolder(), 'chat.db')}`

for (const lane of [true, false])
  it(`counts what is sent, read, waited for and refused, lane ${lane ? 'on' : 'off'}`, async () => {
    const { url, ask } = await serving({ engine: engine(), lane })
    const first = await sent(ask, 'lobby', 'one', '?id=same')
    await sent(ask, 'lobby', 'one', '?id=same')
    await sent(ask, 'lobby', 'two')
    for (const cursor of ['9', `1~00000000`]) await ask(`/v1/rooms/lobby/messages?after=${cursor}`)
    await ask('/v1/sync?after=lobby@7')
    const parked = await Promise.all([1, 2, 3].map(() => connection(url)))
    for (const { socket } of parked) socket.write(get('/v1/rooms/quiet/messages?after=0&wait=55'))
    await until(async () => (await scraped(ask)).get('poll_chat_waiters') === 3)
    await sent(ask, 'quiet', 'wake up')
    await until(() => parked.every(({ answer }) => answer().includes('wake up')))
    const found = await scraped(ask)
    const values = (...names: string[]) => names.map((name) => found.get(`poll_chat_${name}`))
    expect(values('sends_total', 'duplicate_sends_total', 'waiters')).toEqual([4, 1, 0])
    expect(values('resets_total{reason="ahead"}', 'resets_total{reason="diverged"}')).toEqual([2, 1])
    expect(values('problems_total{code="cursor-reset"}', 'engine_errors_total')).toEqual([2, 0])
    expect(values('deliver_lag_seconds_count', 'deliver_lag_seconds_bucket{le="+Inf"}')).toEqual([3, 3])
    expect(values('commit_seconds_count', 'commit_writes_sum')).toEqual([4, 4])
    expect(found.get('poll_chat_wakes_total')).toBeGreaterThanOrEqual(1)
    expect(found.get('poll_chat_reads_total')).toBeGreaterThanOrEqual(6)
    expect(found.get('poll_chat_connections')).toBeGreaterThanOrEqual(3)
    expect(found.get('process_resident_memory_bytes')).toBeGreaterThan(1e6)
    expect(first.message.index).toBe(1)
  })

it('has all that the threads have counted together', async () => {
  const { url, ask } = await serving({ engine: engine(), threads: 3 })
  const clients = await Promise.all(Array.from({ length: 48 }, () => connection(url)))
  for (const { socket } of clients) socket.write(get('/v1/rooms/lobby/messages?after=0&wait=55'))
  await until(async () => (await scraped(ask)).get('poll_chat_waiters') === 48)
  for (let i = 0; i < 8; i++)
    await fetch(`${url}/v1/rooms/lobby/messages`, { method: 'POST', body: `${i}`, headers: { Connection: 'close' } })
  await until(async () => (await scraped(ask)).get('poll_chat_waiters') === 0)
  const found = await scraped(ask)
  expect(found.get('poll_chat_sends_total')).toBe(8)
  expect(found.get('poll_chat_commit_writes_sum')).toBe(8)
  expect(found.get('poll_chat_deliver_lag_seconds_count')).toBe(48)
  const threads = [...found.keys()].filter((name) => name.startsWith('poll_chat_event_loop_busy_seconds_total{'))
  expect(threads).toHaveLength(3)
  await until(async () =>
    [...(await scraped(ask)).keys()].some((name) => /event_loop_lag_seconds\{thread="\d+",quantile="1"/.test(name)),
  )
})

it('counts polls that find no room to wait, and requests and connections over a limit', async () => {
  const limits = { waiters: 1, 'sends-per-address': { count: 1, seconds: 60 } }
  const { url, ask } = await serving({ engine: engine(), limits })
  const parked = await connection(url)
  parked.socket.write(get('/v1/rooms/lobby/messages?after=0&wait=55'))
  await until(async () => (await scraped(ask)).get('poll_chat_waiters') === 1)
  await ask('/v1/rooms/lobby/messages?after=0&wait=55')
  await post(ask, 'other', 'x')
  expect(await refusal(post(ask, 'other', 'y'))).toBe('429 too-many-requests')
  const found = await scraped(ask)
  expect(found.get('poll_chat_shed_polls_total')).toBe(1)
  expect(found.get('poll_chat_rate_limited_total{limit="sends-per-address"}')).toBe(1)
  expect(found.get('poll_chat_problems_total{code="too-many-requests"}')).toBe(1)

  const few = await serving({ limits: { connections: 2 } })
  const held = await connection(few.url)
  const refused = await Promise.all([1, 2, 3].map(() => connection(few.url)))
  await until(() => refused.filter(({ answer }) => answer().includes('429')).length >= 2)
  for (const { socket } of [held, ...refused]) socket.destroy()
  await until(async () => {
    const answer = await few.ask('/metrics').catch(() => undefined)
    return /refused_connections_total [2-9]/.test((await answer?.text()) ?? '')
  })
})

it('counts what the log could not do', async () => {
  const { log, store } = openMemory()
  const broken = () => Promise.reject(new ChatError('log-unavailable', 'No.'))
  const { ask } = chatApp({ engine: { log: Object.assign(log, { append: broken }), store } })
  expect(await refusal(post(ask, 'lobby', 'x'))).toBe('503 log-unavailable')
  expect((await scraped(ask)).get('poll_chat_problems_total{code="log-unavailable"}')).toBe(1)
})

it('needs the key where there is one, and the admin key where the network is let in', async () => {
  const locked = chatApp({ access: { type: 'key', key: 'k', adminKey: 'a' } })
  expect(await refusal(locked.ask('/metrics'))).toBe('401 key-required')
  for (const key of ['k', 'a']) await scraped(locked.ask, { Authorization: `Bearer ${key}` })
  const open = chatApp({ access: { type: 'anybody', adminKey: 'a' } })
  expect(await refusal(open.ask('/metrics'))).toBe('403 admin-only')
  await scraped(open.ask, { Authorization: 'Bearer a' })
  expect(await refusal(chatApp().ask('http://evil.example/metrics'))).toBe('403 host-not-allowed')
})

it('has everything that the dashboard shows', async () => {
  const dashboard = readFileSync(new URL('../../../../docs/grafana.json', import.meta.url), 'utf8')
  const shown = new Set(dashboard.match(/\b(poll_chat|process|nodejs)_[a-z_]+/g))
  expect(shown.size).toBeGreaterThan(15)
  const { ask } = await serving({ engine: engine() })
  await scraped(ask)
  const told = await (await ask('/metrics')).text()
  const types = [...told.matchAll(/^# TYPE (\w+) (\w+)$/gm)]
  const names = new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
    ),
  )
  expect([...shown].filter((name) => !names.has(name))).toEqual([])
})
