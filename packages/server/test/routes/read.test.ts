import { checkOf } from '@poll-chat/protocol'
import { describe, expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'
import { appendAll, draft, numbered, textsOf } from '../drafts.ts'
import { batch, problem, refusal } from '../http.ts'
import { fakeClock } from '../hub/fake-clock.ts'

const LOBBY = '/v1/rooms/lobby/messages'

/** An application whose lobby has `t1` … `tN`. */
async function appWith(count: number) {
  const app = chatApp()
  await appendAll(app.log, 'lobby', numbered(count))
  return app
}

describe('a poll', () => {
  it('answers at once with what comes after the cursor, and the cursor to go on from', async () => {
    const { ask } = await appWith(3)
    const response = await ask(`${LOBBY}?after=1`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const first = await batch(ask, `${LOBBY}?after=1`)
    expect(textsOf(first)).toEqual(['t2', 't3'])
    expect(Object.keys(first)).toEqual(['messages', 'next'])
    expect(await batch(ask, `${LOBBY}?after=${first.next}`)).toEqual({ messages: [], next: first.next })
  })

  it('of a room that has nothing is an empty batch with next 0', async () => {
    const { ask } = chatApp()
    for (const query of ['?after=0', '', '?limit=5'])
      expect(await batch(ask, `${LOBBY}${query}`)).toEqual({ messages: [], next: '0' })
  })

  it('has 100 messages at most, or as many as asked, but never more than 500', async () => {
    const { ask } = await appWith(510)
    for (const [limit, count] of [
      ['', 100],
      ['&limit=1', 1],
      ['&limit=499', 499],
      ['&limit=500', 500],
      ['&limit=999999', 500],
    ]) {
      expect((await batch(ask, `${LOBBY}?after=0${limit}`)).messages).toHaveLength(Number(count))
    }
    for (const limit of ['0', '-1', 'x', '1.5', '', '1e3'])
      expect(await refusal(ask(`${LOBBY}?after=0&limit=${limit}`))).toBe('400 bad-request')
  })

  it('with something that is no cursor is 400', async () => {
    const { ask } = await appWith(1)
    for (const wire of ['', 'x', '-1', '01', '1~', '1~XYZ', '0~00000000', '1~0123456', '1~ABCDEF01', '1.0', '1e9'])
      for (const way of ['after', 'before'])
        expect([wire, await refusal(ask(`${LOBBY}?${way}=${wire}`))]).toEqual([wire, '400 bad-cursor'])
  })

  it('with a cursor that the log cannot honour is 410 with the reason and where to go on', async () => {
    const { ask, log } = chatApp()
    await log.append(draft('lobby', 'x', 'id-1'))
    await log.append(draft('lobby', 'y', 'id-2'))
    const newest = `2~${checkOf('id-2')}`
    for (const query of ['after=', 'before=', 'wait=25&after=']) {
      expect(await problem(ask(`${LOBBY}?${query}3`))).toEqual({
        type: 'about:blank',
        title: 'The log cannot go on from this cursor',
        status: 410,
        code: 'cursor-reset',
        detail: expect.any(String),
        reason: 'ahead',
        oldest: '0',
        newest,
      })
      expect(await problem(ask(`${LOBBY}?${query}1~${checkOf('id-2')}`))).toMatchObject({
        status: 410,
        reason: 'diverged',
      })
    }
  })

  it('by HEAD has no body', async () => {
    const { ask } = await appWith(1)
    const response = await ask(`${LOBBY}?after=0`, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })
})

describe('a page of history', () => {
  it('is the newest without a cursor, and leads back to the beginning', async () => {
    const { ask } = await appWith(5)
    const newest = await batch(ask, `${LOBBY}?limit=2`)
    expect(textsOf(newest)).toEqual(['t4', 't5'])
    const middle = await batch(ask, `${LOBBY}?limit=2&before=${newest.prev}`)
    expect(textsOf(middle)).toEqual(['t2', 't3'])
    const oldest = await batch(ask, `${LOBBY}?limit=2&before=${middle.prev}`)
    expect(textsOf(oldest)).toEqual(['t1'])
    expect(oldest).not.toHaveProperty('prev')
    expect(textsOf(await batch(ask, `${LOBBY}?before=3`))).toEqual(['t1', 't2'])
  })

  it('goes on with what comes next: its next is the cursor of its last message', async () => {
    const { ask, log } = await appWith(5)
    const { next } = await batch(ask, `${LOBBY}?limit=2`)
    await log.append(draft('lobby', 'new'))
    expect(textsOf(await batch(ask, `${LOBBY}?after=${next}`))).toEqual(['new'])
  })

  it('excludes "after" and "wait"', async () => {
    const { ask } = await appWith(1)
    expect(await problem(ask(`${LOBBY}?after=0&before=1`))).toMatchObject({ status: 400, detail: /exclude each other/ })
    expect(await problem(ask(`${LOBBY}?wait=5`))).toMatchObject({ status: 400, detail: '"wait" needs "after".' })
    expect(await refusal(ask(`${LOBBY}?before=1&wait=5`))).toBe('400 bad-request')
  })
})

describe('a long poll', () => {
  it('answers at once when there is something', async () => {
    const { ask } = await appWith(1)
    expect(textsOf(await batch(ask, `${LOBBY}?after=0&wait=25`))).toEqual(['t1'])
  })

  it('answers when there is something', async () => {
    const clock = fakeClock()
    const { ask, log, hub } = await appWith(1)
    const poll = batch(ask, `${LOBBY}?after=1&wait=25`)
    await clock.advance(20_000)
    expect(hub.waiting).toBe(1)
    await log.append(draft('lobby', 'new'))
    await clock.turn()
    expect(textsOf(await poll)).toEqual(['new'])
    expect(hub.waiting).toBe(0)
  })

  it('answers empty after its wait, which is capped at 55 seconds', async () => {
    const clock = fakeClock()
    const { ask, hub } = chatApp()
    for (const [wait, seconds] of [
      ['0.5', 0.5],
      ['25', 25],
      ['55', 55],
      ['56', 55],
      ['99999', 55],
    ] as const) {
      const poll = batch(ask, `${LOBBY}?after=0&wait=${wait}`)
      await clock.advance(seconds * 1000 - 1)
      expect(hub.waiting).toBe(1)
      await clock.advance(201)
      expect(hub.waiting).toBe(0)
      expect(await poll).toEqual({ messages: [], next: '0' })
    }
  })

  it('of 0 seconds is a poll; of no number is 400', async () => {
    const { ask } = chatApp()
    expect(await batch(ask, `${LOBBY}?after=0&wait=0`)).toEqual({ messages: [], next: '0' })
    for (const wait of ['', '-1', 'x', '1e3', '999999', '5s'])
      expect(await refusal(ask(`${LOBBY}?after=0&wait=${wait}`))).toBe('400 bad-request')
  })

  it('is forgotten when its reader goes away', async () => {
    const clock = fakeClock()
    const { ask, hub } = chatApp()
    const controller = new AbortController()
    const poll = ask(`${LOBBY}?after=0&wait=25`, { signal: controller.signal })
    await clock.turn()
    expect(hub.waiting).toBe(1)
    controller.abort()
    await poll
    expect([hub.waiting, clock.timers()]).toEqual([0, 0])
  })
})
