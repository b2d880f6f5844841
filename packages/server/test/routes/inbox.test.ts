import { describe, expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'
import { appendAll, draft, numbered, textsOf } from '../drafts.ts'
import { batch, problem, refusal } from '../http.ts'
import { fakeClock } from '../hub/fake-clock.ts'

const INBOX = '/v1/rooms/lobby/inbox?uid=alice'

describe('an inbox over HTTP', () => {
  it('opens at the head, repeats until it is acknowledged, and goes on after that', async () => {
    const { ask, log } = chatApp()
    await appendAll(log, 'lobby', ['old'])
    const opened = await batch(ask, INBOX)
    expect(opened.messages).toEqual([])
    await appendAll(log, 'lobby', numbered(3))
    const first = await batch(ask, `${INBOX}&limit=2`)
    expect(textsOf(first)).toEqual(['t1', 't2'])
    expect(await batch(ask, `${INBOX}&limit=2&ack=${opened.next}`)).toEqual(first)
    expect(await batch(ask, `${INBOX}&limit=2`)).toEqual(first)
    expect(textsOf(await batch(ask, `${INBOX}&ack=${first.next}`))).toEqual(['t3'])
    expect(textsOf(await batch(ask, INBOX))).toEqual(['t3'])
  })

  it('waits, and tells the older of two polls that it was superseded', async () => {
    const clock = fakeClock()
    const { ask, log } = chatApp()
    const older = batch(ask, `${INBOX}&wait=25`)
    await clock.advance(1000)
    const newer = batch(ask, `${INBOX}&wait=25`)
    expect(await older).toEqual({ messages: [], next: '0', superseded: true })
    await log.append(draft('lobby', 'x'))
    await clock.turn()
    expect(textsOf(await newer)).toEqual(['x'])
  })

  it('needs a uid that is a name and an ack that is a cursor', async () => {
    const { ask } = chatApp()
    expect(await problem(ask('/v1/rooms/lobby/inbox'))).toMatchObject({ status: 400, detail: '"uid" is missing.' })
    expect(await refusal(ask('/v1/rooms/lobby/inbox?uid=a%20b'))).toBe('400 bad-request')
    expect(await refusal(ask(`${INBOX}&ack=x`))).toBe('400 bad-cursor')
    expect(await refusal(ask(`${INBOX}&wait=x`))).toBe('400 bad-request')
    expect(await problem(ask(`${INBOX}&ack=7`))).toMatchObject({
      status: 410,
      reason: 'ahead',
      oldest: '0',
      newest: '0',
    })
  })

  it('is the same under both spellings of a uid', async () => {
    const { ask, log } = chatApp()
    await appendAll(log, 'lobby', ['x', 'y'])
    await batch(ask, `/v1/rooms/lobby/inbox?uid=${encodeURIComponent('\u00e9')}&ack=1`)
    expect(textsOf(await batch(ask, `/v1/rooms/lobby/inbox?uid=${encodeURIComponent('e\u0301')}`))).toEqual(['y'])
  })
})
