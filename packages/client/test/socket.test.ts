import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createClient } from '../src/index.ts'
import type { Follow } from '../src/types.ts'
import { cursorOf, run } from './script.ts'

/** A WebSocket whose connection leads nowhere after its first frame: nothing comes any more, not even that it is closed. */
class DeadSocket {
  static opened = 0
  onopen: () => void = () => undefined
  onmessage: (event: { data: string }) => void = () => undefined
  onclose: () => void = () => undefined
  readonly send = vi.fn()
  readonly close = vi.fn()

  constructor() {
    DeadSocket.opened++
    setTimeout(() => {
      this.onopen()
      this.onmessage({ data: JSON.stringify({ type: 'ready', after: cursorOf(0), heartbeat_s: 25 }) })
    }, 5)
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', DeadSocket)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a WebSocket that goes dead without a word is given up, opened again, and ends with the follower', async () => {
  const events: Follow[] = []
  const controller = new AbortController()
  const client = createClient({ url: 'http://x', fetch: () => Promise.reject(new Error('not asked')) })
  const following = (async () => {
    for await (const event of client.follow('lobby', { mode: 'ws', after: '0', signal: controller.signal }))
      events.push(event)
  })()
  await run(40_000)
  const states = events.flatMap((event) => (event.type === 'status' ? [event.status] : []))
  expect(states).toContainEqual(expect.objectContaining({ state: 'reconnecting', reason: 'nothing came for 35 s' }))
  expect(DeadSocket.opened).toBeGreaterThan(1)
  controller.abort()
  await following
  expect(vi.getTimerCount()).toBe(0)
})
