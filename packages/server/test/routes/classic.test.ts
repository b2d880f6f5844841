import { describe, expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'
import { appendAll, draft, numbered, textsOf } from '../drafts.ts'
import { type Ask, batch, problem, refusal } from '../http.ts'

const UNHARMED = ['a\u0000b', '👩‍👩‍👧 é e\u0301', '<b>&amp;', '100%', 'a+b', 'x=1&y=2#z', ' padded ', '\u001b[31m']

function send(ask: Ask, path: '/send/msg' | '/send/message', text: string, query = ''): Promise<Response> {
  return ask(`${path}?text=${encodeURIComponent(text)}${query}`)
}

async function json(answer: Promise<Response>): Promise<unknown> {
  const response = await answer
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
  return response.json()
}

for (const path of ['/send/msg', '/send/message'] as const) {
  describe(`GET ${path}`, () => {
    it('answers OK as text and stores the text in the lobby, from anonymous', async () => {
      const { ask, log } = chatApp()
      const response = await send(ask, path, 'hello')
      expect([response.status, await response.text()]).toEqual([200, 'OK'])
      expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
      const { messages } = await log.page('lobby', 10)
      expect(messages).toMatchObject([{ room: 'lobby', text: 'hello', from: { uid: 'anonymous', verified: false } }])
    })

    it('names the sender and the room, and repeats nothing with an id', async () => {
      const { ask, log } = chatApp()
      for (let repeat = 0; repeat < 3; repeat++) {
        expect((await send(ask, path, 'hi', '&uid=bob&room=side&id=id-1')).status).toBe(200)
      }
      expect((await log.page('side', 10)).messages).toMatchObject([{ id: 'id-1', from: { uid: 'bob' }, text: 'hi' }])
      expect(await refusal(send(ask, path, 'other', '&room=side&id=id-1'))).toBe('422 id-reused')
    })

    it('stores every text unharmed', async () => {
      const { ask, log } = chatApp()
      for (const text of UNHARMED) expect((await send(ask, path, text)).status).toBe(200)
      expect(textsOf(await log.page('lobby', 10))).toEqual(UNHARMED)
    })

    it('refuses what is no text', async () => {
      const { ask } = chatApp()
      expect(await problem(ask(path))).toMatchObject({ status: 400, detail: '"text" is missing.' })
      for (const blank of ['', ' ', '\n']) expect(await refusal(send(ask, path, blank))).toBe('400 blank-text')
      expect(await refusal(ask(`${path}?text=%FF`))).toBe('400 bad-request')
      expect(await refusal(send(ask, path, 'x'.repeat(16385)))).toBe('413 text-too-long')
      expect((await send(ask, path, 'x'.repeat(16384))).status).toBe(200)
      expect(await refusal(send(ask, path, 'x', '&uid=a%20b'))).toBe('400 bad-request')
    })

    it('is not sent by HEAD', async () => {
      const { ask, log } = chatApp()
      const response = await ask(`${path}?text=x`, { method: 'HEAD' })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET'])
      expect((await log.page('lobby', 1)).messages).toEqual([])
    })
  })
}

describe('GET /get/msg', () => {
  it('answers the texts after an index, and the index to ask with next', async () => {
    const { ask, log } = chatApp()
    expect(await json(ask('/get/msg?index=0'))).toEqual({ data: [], index: 0, messages: [] })
    await appendAll(log, 'lobby', numbered(3))
    const { messages } = await log.page('lobby', 10)
    expect(await json(ask('/get/msg?index=0'))).toEqual({ data: ['t1', 't2', 't3'], index: 3, messages })
    expect(await json(ask('/get/msg?index=2'))).toEqual({ data: ['t3'], index: 3, messages: messages.slice(2) })
    expect(await json(ask('/get/msg?index=3'))).toEqual({ data: [], index: 3, messages: [] })
  })

  it('starts over from the oldest when the index is beyond the head', async () => {
    const { ask, log } = chatApp()
    expect(await json(ask('/get/msg?index=7'))).toEqual({ data: [], index: 0, messages: [] })
    await appendAll(log, 'lobby', numbered(2))
    for (const index of [3, 999999999999999])
      expect(await json(ask(`/get/msg?index=${index}`))).toMatchObject({ data: ['t1', 't2'], index: 2 })
  })

  it('gives at most 500 at once', async () => {
    const { ask, log } = chatApp()
    await appendAll(log, 'lobby', numbered(501))
    expect(await json(ask('/get/msg?index=0'))).toMatchObject({ data: numbered(500), index: 500 })
    expect(await json(ask('/get/msg?index=500'))).toMatchObject({ data: ['t501'], index: 501 })
  })

  it('reads another room by name', async () => {
    const { ask, log } = chatApp()
    await log.append(draft('side', 'aside'))
    expect(await json(ask('/get/msg?index=0&room=side'))).toMatchObject({ data: ['aside'] })
    expect(await json(ask('/get/msg?index=0'))).toMatchObject({ data: [] })
  })

  it('refuses an index that is missing or no number', async () => {
    const { ask } = chatApp()
    expect(await problem(ask('/get/msg'))).toMatchObject({
      status: 400,
      code: 'bad-request',
      detail: '"index" is missing.',
    })
    for (const index of ['', 'x', '-1', '1.5', '1e3', ' 1', '0x1', 'NaN', '9999999999999999'])
      expect([index, await refusal(ask(`/get/msg?index=${index}`))]).toEqual([index, '400 bad-request'])
  })

  it('gives every text unharmed', async () => {
    const { ask, log } = chatApp()
    await appendAll(log, 'lobby', UNHARMED)
    expect(await json(ask('/get/msg?index=0'))).toMatchObject({ data: UNHARMED })
  })
})

describe('both kinds of readers', () => {
  it('get twenty quick sends of both kinds, in order, none lost or doubled', async () => {
    const { ask } = chatApp()
    await ask('/lang/?uid=alice')
    const texts = numbered(20)
    const ways = ['/send/msg', '/send/message'] as const
    await Promise.all(texts.map((text, i) => send(ask, ways[i % 2] ?? '/send/msg', text)))
    expect(await json(ask('/get/msg?index=0'))).toMatchObject({ data: texts, index: 20 })
    const received: unknown[] = []
    while (received.length < 20) received.push((await (await ask('/get/message?uid=alice')).json()).data)
    expect(received).toEqual(texts)
  })

  it('are on the log that the v1 readers are on', async () => {
    const { ask } = chatApp()
    await send(ask, '/send/msg', 'classic')
    expect(textsOf(await batch(ask, '/v1/rooms/lobby/messages?after=0'))).toEqual(['classic'])
  })
})
