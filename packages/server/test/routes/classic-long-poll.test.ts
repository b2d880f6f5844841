import { describe, expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'
import { appendAll, draft, numbered } from '../drafts.ts'
import { type Ask, problem, refusal } from '../http.ts'
import { fakeClock } from '../hub/fake-clock.ts'

const NOTHING = { status: false, data: null }

async function longPoll(ask: Ask, query = ''): Promise<Record<string, unknown>> {
  const response = await ask(`/get/message?uid=alice${query}`)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
  return response.json()
}

describe('GET /get/message', () => {
  it('answers the oldest unread message, one at a time, with the cursor after it', async () => {
    const { ask, log } = chatApp()
    await ask('/lang/?uid=alice')
    await appendAll(log, 'lobby', ['one', 'two'])
    const { messages, next } = await log.read('lobby', { index: 0 }, 1)
    expect(await longPoll(ask)).toEqual({ status: true, data: 'one', message: messages[0], next })
    expect(await longPoll(ask)).toMatchObject({ status: true, data: 'two' })
  })

  it('answers exactly status false and data null after 10 s of nothing, and not before', async () => {
    const clock = fakeClock()
    const { ask, hub } = chatApp()
    let answer: unknown
    void longPoll(ask).then((json) => {
      answer = json
    })
    await clock.advance(9_999)
    expect([answer, hub.waiting]).toEqual([undefined, 1])
    await clock.advance(200)
    expect(answer).toEqual(NOTHING)
    expect([hub.waiting, clock.timers()]).toEqual([0, 0])
  })

  it('answers as soon as something is sent', async () => {
    const clock = fakeClock()
    const { ask } = chatApp()
    const poll = longPoll(ask)
    await clock.advance(5000)
    await ask('/send/msg?text=hello')
    await clock.turn()
    expect(await poll).toMatchObject({ status: true, data: 'hello' })
  })

  it('opens the inbox at the head: what was before is not unread', async () => {
    const clock = fakeClock()
    const { ask, log } = chatApp()
    await appendAll(log, 'lobby', ['old'])
    const poll = longPoll(ask)
    await clock.advance(10_200)
    expect(await poll).toEqual(NOTHING)
    await log.append(draft('lobby', 'new'))
    expect(await longPoll(ask)).toMatchObject({ data: 'new' })
  })

  it('keeps what a uid has read apart from others and from other rooms', async () => {
    const { ask, log } = chatApp()
    for (const query of ['uid=alice', 'uid=bob', 'uid=alice&room=side']) await ask(`/lang/?${query}`)
    await log.append(draft('lobby', 'x'))
    await log.append(draft('side', 'aside'))
    expect(await longPoll(ask)).toMatchObject({ data: 'x' })
    expect(await longPoll(ask, '&room=side')).toMatchObject({ data: 'aside' })
    expect(await (await ask('/get/message?uid=bob')).json()).toMatchObject({ data: 'x' })
  })

  it('tells the older of two polls of one uid that it was superseded', async () => {
    const clock = fakeClock()
    const { ask, log } = chatApp()
    const older = longPoll(ask)
    await clock.advance(100)
    const newer = longPoll(ask)
    expect(await older).toEqual({ ...NOTHING, superseded: true })
    await log.append(draft('lobby', 'x'))
    await clock.turn()
    expect(await newer).toMatchObject({ data: 'x' })
  })

  it('refuses a uid that is missing or no name, and an ack that is no cursor', async () => {
    const { ask } = chatApp()
    expect(await problem(ask('/get/message'))).toMatchObject({ status: 400, detail: '"uid" is missing.' })
    expect(await refusal(ask('/get/message?uid='))).toBe('400 bad-request')
    expect(await refusal(ask('/get/message?uid=a%2Fb'))).toBe('400 bad-request')
    expect(await refusal(ask('/get/message?uid=alice&ack=x'))).toBe('400 bad-cursor')
    expect(await refusal(ask('/get/message?uid=alice&ack=5'))).toBe('410 cursor-reset')
  })

  it('is not asked by HEAD, which would take a message', async () => {
    const { ask, log } = chatApp()
    await ask('/lang/?uid=alice')
    await log.append(draft('lobby', 'x'))
    expect((await ask('/get/message?uid=alice', { method: 'HEAD' })).status).toBe(405)
    expect(await longPoll(ask)).toMatchObject({ data: 'x' })
  })
})

describe('GET /get/message with ack', () => {
  it('gives the same message until that one is acknowledged', async () => {
    const { ask, log } = chatApp()
    await appendAll(log, 'lobby', numbered(3))
    const first = await longPoll(ask, '&ack=0')
    expect(first).toMatchObject({ status: true, data: 't1' })
    expect(await longPoll(ask, '&ack=0')).toEqual(first)
    expect(await longPoll(ask, `&ack=${first.next}`)).toMatchObject({ data: 't2' })
    expect(await longPoll(ask, `&ack=${first.next}`)).toMatchObject({ data: 't2' })
    expect(await longPoll(ask, '&ack=0')).toMatchObject({ data: 't2' })
  })

  it('goes on where the reader left off without it', async () => {
    const { ask, log } = chatApp()
    await appendAll(log, 'lobby', numbered(3))
    const { next } = await longPoll(ask, '&ack=0')
    await longPoll(ask, `&ack=${next}`)
    expect(await longPoll(ask)).toMatchObject({ data: 't2' })
    expect(await longPoll(ask)).toMatchObject({ data: 't3' })
  })
})
