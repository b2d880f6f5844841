import { describe, expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'
import { appendAll, numbered } from '../drafts.ts'
import { type Ask, batch, postJson, problem, refusal } from '../http.ts'

const ADMIN = { Authorization: 'Bearer admin-key' }
const access = { type: 'key', key: 'secret', adminKey: 'admin-key' } as const
const PATH = '/v1/rooms/lobby/messages/2'

async function app() {
  const parts = chatApp({ access })
  const [, message] = await appendAll(parts.log, 'lobby', numbered(3))
  // As the operator: whose key opens everything.
  const ask: Ask = (path, init) => parts.ask(path, { ...init, headers: { ...ADMIN, ...init?.headers } })
  const remove = (path = PATH) => ask(path, { method: 'DELETE' })
  return { ...parts, ask, remove, left: { ...message, text: '', deleted: true } }
}

describe('DELETE /v1/rooms/{room}/messages/{index}', () => {
  it('answers what is left, again and again, and says so in its log', async () => {
    const { remove, left, lines } = await app()
    for (let round = 0; round < 2; round++) {
      const answer = await remove()
      expect([answer.status, await answer.json()]).toEqual([200, { message: left }])
    }
    expect(lines.join('')).toContain('"a message was deleted"')
    expect(lines.join('')).not.toContain('t2')
  })

  it('is for the admin key alone', async () => {
    const { app: plain, log } = await app()
    const by = (headers: Record<string, string>) => plain.request(PATH, { method: 'DELETE', headers })
    expect(await refusal(by({}))).toBe('401 key-required')
    expect(await refusal(by({ Authorization: 'Bearer secret' }))).toBe('403 admin-only')
    const { ask } = chatApp() // where nobody is the operator
    expect(await refusal(ask(PATH, { method: 'DELETE', headers: ADMIN }))).toBe('403 admin-only')
    expect((await log.read('lobby', { index: 1 }, 1)).messages[0]?.text).toBe('t2')
  })

  it('refuses what is no message', async () => {
    const { remove } = await app()
    expect(await problem(remove('/v1/rooms/lobby/messages/4'))).toMatchObject({
      code: 'not-found',
      detail: 'There is no message 4 in "lobby".',
    })
    expect(await refusal(remove('/v1/rooms/nowhere/messages/1'))).toBe('404 not-found')
    expect(await refusal(remove('/v1/rooms/lobby/messages/x'))).toBe('400 bad-request')
    expect(await refusal(remove('/v1/rooms/lobby/messages/-1'))).toBe('400 bad-request')
  })

  it('a repeated send of it is answered with what is left, whatever its text', async () => {
    const { ask, remove, left } = await app()
    await remove()
    for (const text of ['t2', 'another']) {
      const answer = await postJson(ask, 'lobby', { id: left.id, text })
      expect([answer.status, await answer.json()]).toMatchObject([200, { message: left }])
    }
    expect((await batch(ask, '/v1/rooms/lobby/messages?after=0')).messages).toHaveLength(3)
  })
})

describe('the classic reads', () => {
  it('GET /get/msg leaves it out, and goes on after it', async () => {
    const { ask, remove } = await app()
    await remove()
    expect(await (await ask('/get/msg?index=0')).json()).toMatchObject({ data: ['t1', 't3'], index: 3 })
    expect(await (await ask('/get/msg?index=1')).json()).toMatchObject({ data: ['t3'], index: 3 })
    await remove('/v1/rooms/lobby/messages/3')
    expect(await (await ask('/get/msg?index=1')).json()).toEqual({ data: [], index: 3, messages: [] })
  })

  it.each(['', '&ack=1'])('GET /get/message%s goes past it to the next', async (ack) => {
    const { ask, remove, inboxes } = await app()
    await inboxes.next({ room: 'lobby', uid: 'alice' }, { index: 1 }, { limit: 1, waitSeconds: 0 })
    await remove()
    expect(await (await ask(`/get/message?uid=alice${ack}`)).json()).toMatchObject({ status: true, data: 't3' })
  })
})

describe('who reads with others', () => {
  it('is told at once', async () => {
    const { ask, remove, log, presence } = await app()
    log.watchGone((gone) => {
      for (const one of gone) if (one.type === 'deleted') presence.erase(one.message.room, one.message.index)
    })
    const path = '/v1/rooms/lobby/messages?after=3&uid=alice'
    const first = await (await ask(`${path}&ephemeral=1`)).json()
    expect(first.presence).not.toHaveProperty('deleted')
    const waiting = ask(`${path}&wait=30&ephemeral=${first.presence.version}`)
    await remove()
    const second = await (await waiting).json()
    expect(second).toMatchObject({ messages: [], presence: { deleted: [2] } })
    const third = await (await ask(`${path}&ephemeral=${second.presence.version}`)).json()
    expect(third).not.toHaveProperty('presence')
  })
})
