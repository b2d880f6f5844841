import { expect, it, onTestFinished, vi } from 'vitest'
import { batch, sent } from '../http.ts'
import { get, until, wholeAnswers } from '../lane/lane-server.ts'
import { connection, serving } from './serving.ts'

const HOUR_MS = 3_600_000

it.each([{ lane: true }, { lane: false }])(
  'the wall clock set back an hour changes no order, no delivery and no wait, with lane: $lane',
  async ({ lane }) => {
    const { url, ask } = await serving({ lane })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    onTestFinished(() => void vi.useRealTimers())
    const before = await sent(ask, 'lobby', 'before')
    const waiting = await connection(url)
    waiting.socket.write(get(`/v1/rooms/lobby/messages?after=${before.next}&wait=55`))
    const short = await connection(url)
    const askedAt = performance.now()
    short.socket.write(get('/v1/rooms/quiet/messages?after=0&wait=1'))
    await ask('/healthz')

    vi.setSystemTime(Date.now() - HOUR_MS)
    await until(() => wholeAnswers(short.answer()).length === 1)
    expect(performance.now() - askedAt).toBeGreaterThanOrEqual(1_000)
    expect(waiting.answer()).toBe('')
    const after = await sent(ask, 'lobby', 'after')
    await until(() => wholeAnswers(waiting.answer()).length === 1)
    expect(waiting.answer()).toContain('"text":"after"')

    vi.setSystemTime(Date.now() + 2 * HOUR_MS)
    const last = await sent(ask, 'lobby', 'last')
    const { messages } = await batch(ask, '/v1/rooms/lobby/messages?after=0')
    expect(messages).toEqual([before.message, after.message, last.message])
    const times = messages.map(({ at }) => Date.parse(at))
    expect(times.map((at) => Math.round((at - (times[0] ?? 0)) / HOUR_MS))).toEqual([0, -1, 1])
  },
)
