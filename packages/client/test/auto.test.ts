import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../src/index.ts'
import type { ChosenWay, FollowOptions, KnownWays, WayMemory } from '../src/types.ts'
import { Network } from './network.ts'
import { run } from './script.ts'

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal(
    'WebSocket',
    class {
      onclose: () => void = () => undefined
      constructor() {
        setTimeout(() => this.onclose(), 10)
      }
      readonly close = vi.fn()
    },
  )
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function follow(network: Network, options: Partial<FollowOptions> = {}, memory?: WayMemory) {
  const controller = new AbortController()
  const client = createClient({ url: 'http://x', uid: 'bob', fetch: network.fetch, ...(memory && { memory }) })
  const followed = {
    texts: [] as string[],
    chosen: undefined as ChosenWay | undefined,
    lost: 0,
    abort: () => controller.abort(),
    done: Promise.resolve(),
  }
  followed.done = (async () => {
    for await (const event of client.follow('lobby', { mode: 'auto', ...options, signal: controller.signal })) {
      if (event.type === 'batch') followed.texts.push(...event.batch.messages.map(({ text }) => text))
      if (event.type !== 'status') continue
      if (event.status.state === 'live') followed.chosen = event.status.chosen
      else followed.lost++
    }
  })()
  return followed
}

/** Somebody says something every few seconds; returns how many times. */
async function talk(network: Network, seconds: number, everyMs = 3_000): Promise<number> {
  const times = Math.floor((seconds * 1_000) / everyMs)
  for (let i = 0; i < times; i++) {
    network.say()
    await run(everyMs)
  }
  return times
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `a${i + 1}`)

describe('mode auto', () => {
  it('begins with a long poll, and moves to a stream when something has come through it', async () => {
    const network = new Network()
    const followed = follow(network)
    await run(1_000)
    expect([followed.chosen?.way, network.opened]).toEqual(['long', 1])
    await run(50_000)
    expect(followed.chosen).toEqual({ way: 'sse', why: 'an event stream passes' })
    const count = await talk(network, 60)
    expect(followed.texts).toEqual(numbered(count))
    const asked = network.waits.length
    await talk(network, 60)
    expect(network.waits.length).toBe(asked)
    followed.abort()
    await followed.done
    expect([network.open, vi.getTimerCount()]).toEqual([0, 0])
  })

  it.each(['are gathered', 'are refused'] as const)(
    'stays with long polls, and says why, where streams %s',
    async (streams) => {
      const network = new Network()
      network.streams = streams
      const followed = follow(network)
      const count = await talk(network, 120)
      expect(followed.chosen?.way).toBe('long')
      expect(followed.chosen?.why).toMatch(/an event stream .*, a WebSocket does not pass/)
      expect(followed.texts).toEqual(numbered(count))
      expect(followed.lost).toBe(0)
      followed.abort()
      await followed.done
    },
  )

  it('goes back to long polls when streams are cut soon, without a moment of being lost', async () => {
    const network = new Network()
    network.streams = { cutAfterMs: 30_000 }
    const followed = follow(network)
    const count = await talk(network, 200)
    expect(followed.chosen).toEqual({ way: 'long', why: 'an event stream was cut after 30 s' })
    expect(followed.texts).toEqual(numbered(count))
    expect(followed.lost).toBe(0)
    followed.abort()
    await followed.done
  })

  it.each([
    [30_000, 60, 25],
    [12_000, 25, 10],
    [5_000, 25, 4],
  ])('learns to wait less where requests are cut after %d ms', async (cutsAfterMs, waitSeconds, learned) => {
    const network = new Network()
    network.streams = 'are refused'
    network.cutsAfterMs = cutsAfterMs
    const followed = follow(network, { waitSeconds })
    await run(200_000)
    expect(network.waits.at(-1)).toBe(learned)
    expect(followed.lost).toBe(0)
    followed.abort()
    await followed.done
  })

  it('learns from answers that never come, as behind a NAT that forgets', async () => {
    const network = new Network()
    network.streams = 'are refused'
    network.forgetsAfterMs = 6_000
    const followed = follow(network)
    await run(200_000)
    expect(network.waits.at(-1)).toBeLessThanOrEqual(5)
    for (let i = 0; i < 20; i++) {
      await run(1_700)
      network.say()
      await run(1)
    }
    expect(followed.texts).toEqual(numbered(20)) // each at once: somebody waits all the time
    followed.abort()
    await followed.done
  })

  it('polls where not even a short request may hang', async () => {
    const network = new Network()
    network.streams = 'are refused'
    network.cutsAfterMs = 1_500
    const followed = follow(network)
    await run(60_000)
    expect(followed.chosen?.way).toBe('poll')
    const count = await talk(network, 30)
    expect(followed.texts).toEqual(numbered(count))
    followed.abort()
    await followed.done
  })

  it('learns nothing from a server that is restarted', async () => {
    const network = new Network()
    network.streams = 'are refused'
    const followed = follow(network)
    for (let i = 0; i < 3; i++) {
      await run(12_000)
      network.isDown = true
      network.cutsAfterMs = 0
      await run(30_000)
      network.isDown = false
      network.cutsAfterMs = Number.POSITIVE_INFINITY
      await run(60_000)
    }
    expect(network.waits.at(-1)).toBe(25)
    followed.abort()
    await followed.done
  })

  it('remembers what passed, and begins with it', async () => {
    let kept: KnownWays | undefined
    const memory: WayMemory = {
      get: () => kept,
      set: (known) => {
        kept = known
      },
    }
    const network = new Network()
    const first = follow(network, {}, memory)
    await run(60_000)
    first.abort()
    await first.done
    expect(kept).toEqual({ way: 'sse' })
    const second = follow(network, {}, memory)
    await run(1_000)
    network.say()
    await run(1_000)
    expect(second.chosen?.way).toBe('sse')
    second.abort()
    await second.done
  })

  it('acknowledges what was read, on a stream too', async () => {
    const network = new Network()
    const followed = follow(network, { inbox: true, after: '0' })
    await run(60_000)
    expect(followed.chosen?.way).toBe('sse')
    network.say()
    await run(1_000)
    expect(network.acks.at(-1)).toMatch(/^1~/)
    followed.abort()
    await followed.done
  })
})
