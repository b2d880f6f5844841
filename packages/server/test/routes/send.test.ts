import { cursorAfter, MAX_BODY_BYTES } from '@poll-chat/protocol'
import { sentSchema } from '@poll-chat/protocol/schemas'
import { describe, expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'
import { batch, post, postJson, problem, refusal, sent } from '../http.ts'

describe('a send', () => {
  it('is answered with the message as stored and the cursor after it', async () => {
    const { ask } = chatApp()
    const response = await postJson(ask, 'lobby', { id: 'id-1', uid: 'alice', text: 'hello' })
    expect(response.status).toBe(201)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const { message, next } = sentSchema.strict().parse(await response.json())
    expect(message).toEqual({
      index: 1,
      id: 'id-1',
      room: 'lobby',
      from: { uid: 'alice', verified: false },
      text: 'hello',
      at: expect.any(String),
    })
    expect(next).toBe(cursorAfter(message))
    expect((await batch(ask, '/v1/rooms/lobby/messages?after=0')).messages).toEqual([message])
  })

  it('again with the same id and text is 200, the same answer and one message', async () => {
    const { ask } = chatApp()
    const first = await postJson(ask, 'lobby', { id: 'same', uid: 'alice', text: 'hello' })
    const again = await postJson(ask, 'lobby', { id: 'same', uid: 'bob', text: 'hello' })
    expect([first.status, again.status]).toEqual([201, 200])
    expect(await again.json()).toEqual(await first.json())
    expect((await batch(ask, '/v1/rooms/lobby/messages?after=0')).messages).toHaveLength(1)
  })

  it('twice at once with one id is one 201, one 200 and one message', async () => {
    const { ask } = chatApp()
    const answers = await Promise.all([1, 2].map(() => postJson(ask, 'lobby', { id: 'same', text: 'x' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 201])
    expect((await batch(ask, '/v1/rooms/lobby/messages?after=0')).messages).toHaveLength(1)
  })

  it('with the id of another text is 422, and nothing is stored', async () => {
    const { ask } = chatApp()
    await sent(ask, 'lobby', 'one', '?id=same')
    expect(await refusal(post(ask, 'lobby', 'two', '?id=same'))).toBe('422 id-reused')
    expect((await post(ask, 'other', 'two', '?id=same')).status).toBe(201)
    expect((await batch(ask, '/v1/rooms/lobby/messages?after=0')).messages).toHaveLength(1)
  })

  it('without uid is from anonymous, without id gets one of its own', async () => {
    const { ask } = chatApp()
    const first = await sent(ask, 'lobby', 'hello')
    const second = await sent(ask, 'lobby', 'hello')
    expect(first.message.from).toEqual({ uid: 'anonymous', verified: false })
    expect(first.message.id).not.toBe(second.message.id)
  })

  it('takes uid and id of the query for text, and the body before the query for JSON', async () => {
    const { ask } = chatApp()
    const text = await sent(ask, 'lobby', 'hello', '?uid=alice&id=id-1')
    expect(text.message).toMatchObject({ id: 'id-1', from: { uid: 'alice' } })
    const json = await ask('/v1/rooms/lobby/messages?uid=alice&id=id-2', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: 'x', uid: 'bob' }),
    })
    expect(await json.json()).toMatchObject({ message: { id: 'id-2', from: { uid: 'bob' } } })
  })
})

describe('a body', () => {
  it('of any type but JSON is the text itself', async () => {
    const { ask } = chatApp()
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'application/jsonx',
      'image/png',
      undefined,
    ]) {
      const response = await ask('/v1/rooms/lobby/messages', {
        method: 'POST',
        body: new TextEncoder().encode('{"text": "a=b&c"}\n'),
        ...(type === undefined ? {} : { headers: { 'Content-Type': type } }),
      })
      expect(response.status).toBe(201)
      expect(await response.json()).toMatchObject({ message: { text: '{"text": "a=b&c"}\n' } })
    }
  })

  it('is JSON under each of its names', async () => {
    const { ask } = chatApp()
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'Application/JSON',
      'application/vnd.x+json',
    ]) {
      const response = await postJson(ask, 'lobby', { text: type }, type)
      expect(await response.json()).toMatchObject({ message: { text: type } })
    }
  })

  it('reaches its readers unharmed', async () => {
    const { ask } = chatApp()
    const texts = [
      'a\u0000b',
      '👩‍👩‍👧 é e\u0301',
      '<script>alert(1)</script>',
      '\u001b[31m',
      ' leading and trailing ',
      '\u202Eabc',
    ]
    for (const text of texts) await sent(ask, 'lobby', text)
    for (const text of texts) await postJson(ask, 'json', { text })
    for (const room of ['lobby', 'json']) {
      const { messages } = await batch(ask, `/v1/rooms/${room}/messages?after=0`)
      expect(messages.map(({ text }) => text)).toEqual(texts)
    }
  })

  it('that is not what it says is 400', async () => {
    const { ask } = chatApp()
    for (const body of ['{', 'hello', '', '[]', '"x"', 'null', '{}', '{"text":1}', '{"text":"x","uid":7}'])
      expect([body, await refusal(postJson(ask, 'lobby', body))]).toEqual([body, '400 bad-request'])
    expect(await problem(postJson(ask, 'lobby', {}))).toMatchObject({ detail: '"text" is missing.' })
  })

  it('that is not Unicode is 400', async () => {
    const { ask } = chatApp()
    const invalid = { method: 'POST', body: new Uint8Array([0x61, 0xff, 0x61]) }
    expect(await refusal(ask('/v1/rooms/lobby/messages', invalid))).toBe('400 bad-request')
    expect(await refusal(postJson(ask, 'lobby', '{"text":"a\\ud800b"}'))).toBe('400 bad-request')
  })

  it('that is blank is 400', async () => {
    const { ask } = chatApp()
    for (const text of ['', ' ', '\n\t', '\u00a0\u2003']) {
      expect(await refusal(post(ask, 'lobby', text))).toBe('400 blank-text')
      expect(await refusal(postJson(ask, 'lobby', { text }))).toBe('400 blank-text')
    }
  })

  it('may have 16384 bytes of text, of whatever characters and however they are written', async () => {
    const { ask } = chatApp()
    for (const character of ['x', 'é', '語', '👍']) {
      const bytes = new TextEncoder().encode(character).length
      const full = character.repeat(Math.floor(16384 / bytes)) + 'x'.repeat(16384 % bytes)
      expect((await post(ask, 'lobby', full)).status).toBe(201)
      expect(await refusal(post(ask, 'lobby', `${full}x`))).toBe('413 text-too-long')
      expect((await postJson(ask, 'lobby', { text: full })).status).toBe(201)
      expect(await refusal(postJson(ask, 'lobby', { text: `${full}x` }))).toBe('413 text-too-long')
    }
    const escaped = `{"text":"${'\\u0001'.repeat(16384)}"}`
    expect((await postJson(ask, 'lobby', escaped)).status).toBe(201)
  })

  it('over its limit is 413, with or without a length', async () => {
    const { ask, lines } = chatApp()
    const large = 'x'.repeat(MAX_BODY_BYTES + 1)
    expect(await refusal(post(ask, 'lobby', large))).toBe('413 body-too-large')
    const length = { 'Content-Length': `${large.length}` }
    expect(await refusal(ask('/v1/rooms/lobby/messages', { method: 'POST', body: large, headers: length }))).toBe(
      '413 body-too-large',
    )
    expect(lines).toEqual([])
  })
})

describe('names and ids', () => {
  it('are compared in NFC: composed and decomposed are the same room', async () => {
    const { ask } = chatApp()
    const { message } = await sent(ask, 'caf\u00e9', 'one', `?uid=${encodeURIComponent('ame\u0301lie')}`)
    expect(message).toMatchObject({ room: 'caf\u00e9', from: { uid: 'am\u00e9lie' } })
    await sent(ask, 'cafe\u0301', 'two')
    for (const name of ['caf\u00e9', 'cafe\u0301']) {
      const { messages } = await batch(ask, `/v1/rooms/${encodeURIComponent(name)}/messages?after=0`)
      expect(messages.map(({ text }) => text)).toEqual(['one', 'two'])
    }
  })

  it('may be of any script, up to 64 characters', async () => {
    const { ask } = chatApp()
    for (const name of ['a', 'x'.repeat(64), '語'.repeat(64), '𝒳'.repeat(64), 'हिन्दी', 'a.b-c_d', '...'])
      expect((await sent(ask, name, 'x')).message.room).toBe(name)
  })

  it('of other characters or length are 400', async () => {
    const { ask } = chatApp()
    for (const name of ['x'.repeat(65), 'a b', 'a/b', '<b>', '👍', 'a\u0000', 'a\u202e', 'a\n']) {
      expect([name, await refusal(post(ask, name, 'x'))]).toEqual([name, '400 bad-request'])
      const uid = `?uid=${encodeURIComponent(name)}`
      expect([name, await refusal(post(ask, 'lobby', 'x', uid))]).toEqual([name, '400 bad-request'])
      expect([name, await refusal(postJson(ask, 'lobby', { text: 'x', uid: name }))]).toEqual([name, '400 bad-request'])
    }
    expect(await refusal(post(ask, 'lobby', 'x', '?uid='))).toBe('400 bad-request')
    for (const id of ['', 'x'.repeat(65), 'a b', 'é'])
      expect(await refusal(postJson(ask, 'lobby', { text: 'x', id }))).toBe('400 bad-request')
  })

  it('that encode no UTF-8 are 400', async () => {
    const { ask } = chatApp()
    for (const path of ['/v1/rooms/%FF/messages', '/v1/rooms/lobby/messages?uid=%E4', '/v1/rooms/lobby/messages?uid=%'])
      expect(await refusal(ask(path, { method: 'POST', body: 'x' }))).toBe('400 bad-request')
  })
})
