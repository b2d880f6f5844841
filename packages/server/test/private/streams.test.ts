import { syncSchema } from '@poll-chat/protocol/schemas'
import { describe, expect, it } from 'vitest'
import { problem, sent } from '../http.ts'
import { serving } from '../sockets/serving.ts'
import { eventReader } from '../streams/event-reader.ts'
import { socketClient } from '../streams/socket-client.ts'

const KEY = 'correct-horse'
const OTHER = 'battery-staple'
const shown = (key: string) => ({ 'Poll-Chat-Room-Key': key })

async function rooms() {
  const { ask, url } = await serving()
  const inside: typeof ask = (path, init) => ask(path, { ...init, headers: shown(KEY) })
  await sent(ask, 'lobby', 'for all')
  await sent(inside, 'lobby', 'secret plan')
  return { ask, inside, url }
}

describe('server-sent events', () => {
  it('follow the room of the key', async () => {
    const { url } = await rooms()
    const read = async (headers: Record<string, string>) => {
      const events = eventReader(await fetch(`${url}/v1/rooms/lobby/events?after=0`, { headers }))
      expect(await events.next()).toMatchObject({ event: 'ready' })
      return (await events.next())?.data
    }
    expect(await read(shown(KEY))).toMatchObject({ messages: [{ room: 'lobby', text: 'secret plan' }] })
    expect(await read({})).toMatchObject({ messages: [{ room: 'lobby', text: 'for all' }] })
  })
})

describe('WebSocket', () => {
  it('follows the room of the key in its headers, and sends to it', async () => {
    const { url, ask } = await rooms()
    const socket = await socketClient(url, '/v1/rooms/lobby/socket?after=0', shown(KEY))
    expect(await socket.nextOf('batch')).toMatchObject({ messages: [{ room: 'lobby', text: 'secret plan' }] })
    socket.say({ type: 'send', text: 'more', id: 'm' })
    expect(await socket.nextOf('sent')).toMatchObject({ message: { room: 'lobby', text: 'more', index: 2 } })
    expect(await socket.nextOf('batch')).toMatchObject({ messages: [{ room: 'lobby', text: 'more' }] })
    expect((await (await ask('/v1/rooms/lobby/messages')).json()).messages).toHaveLength(1)
  })

  it('or of the key in its first frame, before which it reads nothing', async () => {
    const { url } = await rooms()
    const socket = await socketClient(url, '/v1/rooms/lobby/socket?after=0&hello=1&uid=eve')
    const { here } = await (await fetch(`${url}/v1/rooms/lobby/presence`)).json()
    expect(here).toEqual([])
    socket.say({ type: 'hello', room_key: KEY })
    expect(await socket.next()).toMatchObject({ type: 'ready', after: '0' })
    expect(await socket.next()).toMatchObject({ type: 'batch', messages: [{ room: 'lobby', text: 'secret plan' }] })
    const inside = await fetch(`${url}/v1/rooms/lobby/presence`, { headers: shown(KEY) })
    expect((await inside.json()).here).toEqual([{ uid: 'eve', verified: false }])
  })

  it('a hello without a key reads the public room', async () => {
    const { url } = await rooms()
    const socket = await socketClient(url, '/v1/rooms/lobby/socket?after=0&hello=1')
    socket.say({ type: 'hello' })
    expect(await socket.nextOf('batch')).toMatchObject({ messages: [{ text: 'for all' }] })
  })

  it('a key that comes too late changes nothing, and one that is none is refused without being repeated', async () => {
    const { url } = await rooms()
    const late = await socketClient(url, '/v1/rooms/lobby/socket?after=0')
    await late.nextOf('batch')
    late.say({ type: 'hello', room_key: KEY })
    expect(await late.nextOf('problem')).toMatchObject({ problem: { code: 'bad-request' } })
    late.say({ type: 'send', text: 'public' })
    expect(await late.nextOf('batch')).toMatchObject({ messages: [{ text: 'public', index: 2 }] })
    const malformed = await socketClient(url, '/v1/rooms/lobby/socket?after=0&hello=1')
    malformed.say({ type: 'hello', room_key: 'sh,ort' })
    expect(JSON.stringify(await malformed.nextOf('problem'))).not.toContain('sh,ort')
  })
})

describe('sync', () => {
  it('reads public and private rooms at once, each by the number of its key', async () => {
    const { ask } = await rooms()
    const sync = async (after: string, keys: string) => {
      const response = await ask(`/v1/sync?after=${encodeURIComponent(after)}&ephemeral=1`, { headers: shown(keys) })
      return syncSchema.parse(await response.json())
    }
    const answer = await sync('lobby@0,lobby!1@0,lobby!2@0', `${KEY}, ${OTHER}`)
    const said = answer.rooms.map((news) => [
      news.room,
      news.key,
      'batch' in news ? news.batch.messages.map(({ room, text }) => `${room}: ${text}`) : news,
    ])
    expect(said).toEqual([
      ['lobby', undefined, ['lobby: for all']],
      ['lobby', 1, ['lobby: secret plan']],
      ['lobby', 2, []],
    ])
    expect(answer.next).toMatch(/^lobby@1~[0-9a-f]{8},lobby!1@1~[0-9a-f]{8},lobby!2@0$/)
    expect(answer.ephemeral).toMatch(/^lobby@[\w.]+,lobby!1@[\w.]+,lobby!2@[\w.]+$/)
    const query = new URLSearchParams({ after: answer.next, ephemeral: answer.ephemeral ?? '' })
    const again = await ask(`/v1/sync?${query}`, { headers: shown(`${KEY},${OTHER}`) })
    expect(await again.json()).toEqual({ rooms: [], next: answer.next, ephemeral: answer.ephemeral })
  })

  it('wakes for what is sent to the private room', async () => {
    const { ask, inside } = await rooms()
    const waiting = ask('/v1/sync?after=quiet@0,quiet!1@0&wait=20', { headers: shown(KEY) })
    await sent(inside, 'quiet', 'in here')
    const { rooms: news } = syncSchema.parse(await (await waiting).json())
    expect(news).toMatchObject([{ room: 'quiet', key: 1, batch: { messages: [{ text: 'in here' }] } }])
  })

  it.each([
    ['lobby!2@0', KEY, '"after" needs a key 2; the header Poll-Chat-Room-Key has 1.'],
    ['lobby!1@0', undefined, '"after" needs a key 1; the header Poll-Chat-Room-Key has 0.'],
    ['lobby!0@0', KEY, /cannot stand there/],
    ['lobby!@0', KEY, /cannot stand there/],
    ['lobby!1!1@0', KEY, /cannot stand there/],
    ['lobby!1@0,lobby!1@0', KEY, /cannot stand there/],
    ['lobby!1@0', `${KEY},short`, /8-512 visible ASCII/],
  ])('refuses %s with the keys %s', async (after, keys, detail) => {
    const { ask } = await rooms()
    const refused = await problem(ask(`/v1/sync?after=${after}`, keys === undefined ? {} : { headers: shown(keys) }))
    expect(refused.status).toBe(400)
    expect(refused.detail).toMatch(detail)
  })
})
