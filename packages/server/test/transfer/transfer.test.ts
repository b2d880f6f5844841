import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cursorAfter, type Message } from '@poll-chat/protocol'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Uids } from '../../src/access/uids.ts'
import { openMemory } from '../../src/engines/memory.ts'
import { openEngine } from '../../src/engines/open.ts'
import { Hub } from '../../src/hub/hub.ts'
import { Inboxes } from '../../src/hub/inboxes.ts'
import { Limits } from '../../src/limits/limits.ts'
import type { Engine, Retention } from '../../src/log/contract.ts'
import { exported } from '../../src/transfer/export.ts'
import { importFile } from '../../src/transfer/import.ts'
import { messagesOf } from '../../src/transfer/rooms.ts'
import { appendAll, cursor, draft, numbered } from '../drafts.ts'
import { forTest } from '../engines.ts'
import { type NatsServer, startNats } from '../nats-server.ts'
import { temporaryFolder } from '../temporary-folder.ts'

let nats: NatsServer
let opened = 0

beforeAll(async () => {
  nats = await startNats()
})
afterAll(() => nats.stop())

const openSqlite = (retention?: Retention) => openRetaining(`sqlite:${join(temporaryFolder(), 'chat.db')}`, retention)
const ENGINES: Record<string, (retention?: Retention) => Promise<Engine>> = {
  sqlite: openSqlite,
  jetstream: (retention) => openRetaining(`${nats.url}/moved-${++opened}?shards=2`, retention),
}

async function openRetaining(url: string, retention: Retention | undefined): Promise<Engine> {
  return forTest(await openEngine(url, { retention }))
}

const PAIRS = Object.keys(ENGINES).flatMap((from) => Object.keys(ENGINES).map((to): [string, string] => [from, to]))

const TEXTS = ['plain', 'two\nlines', '中文 😀', '"quoted" \\ \u2028', '\ufeffmark']

/** Two rooms that were written to in turns, a private one, inboxes, a claim and a ban. */
async function fill({ log, store }: Engine): Promise<void> {
  for (let i = 0; i < 30; i++)
    await log.append(draft(i % 3 === 0 ? 'ops' : 'lobby', TEXTS[i % TEXTS.length] ?? '', `id-${i}`, `uid-${i % 4}`))
  await log.append(draft('lobby#private', 'behind a key'))
  const inboxes = inboxesOf({ log, store })
  const third = (await log.page('lobby', 100)).messages[2]
  await inboxes.next({ room: 'lobby', uid: 'alice' }, cursor(third ? cursorAfter(third) : '0'), NO_WAIT)
  await inboxes.open({ room: 'ops', uid: 'bob' })
  await inboxes.open({ room: 'empty', uid: 'carol' })
  const uids = new Uids(store, new Limits())
  await uids.admit('alice', 'a'.repeat(43))
  await uids.ban('mallory')
}

const NO_WAIT = { limit: 100, waitSeconds: 0 }

function inboxesOf({ log, store }: Pick<Engine, 'log' | 'store'>): Inboxes {
  return new Inboxes(log, store, new Hub(log), (error) => {
    throw error
  })
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function exportTo(engine: Engine, path = join(temporaryFolder(), 'chat.jsonl')): Promise<string> {
  writeFileSync(path, (await collect(exported(engine))).join(''))
  return path
}

async function everything({ log, store }: Engine) {
  const rooms: Record<string, Message[]> = {}
  for (const room of ['lobby', 'lobby#private', 'ops', 'empty']) rooms[room] = await collect(messagesOf(log, room))
  const others: Record<string, string | undefined> = {}
  for (const key of await store.list('uid/')) others[key] = (await store.get(key))?.value
  return { rooms, others }
}

const withoutIndexes = ({ rooms, others }: Awaited<ReturnType<typeof everything>>) => ({
  others,
  rooms: Object.fromEntries(
    Object.entries(rooms).map(([room, messages]) => [room, messages.map((message) => ({ ...message, index: 0 }))]),
  ),
})

describe.each(PAIRS)('from %s to %s', (from, to) => {
  it('messages, inboxes, claims and bans are as they were, with their indexes where the engine keeps them', async () => {
    const source = await ENGINES[from]?.()
    const target = await ENGINES[to]?.()
    if (!source || !target) throw new Error('no engine')
    await fill(source)
    const file = await exportTo(source)
    const imported = await importFile(target, file)
    expect(imported).toMatchObject({ rooms: 3, messages: 31, added: 31, keepsIndexes: to === 'sqlite' })
    const [before, after] = [await everything(source), await everything(target)]
    if (to === 'sqlite') expect(after).toEqual(before)
    expect(withoutIndexes(after)).toEqual(withoutIndexes(before))

    const read = async (engine: Engine, uid: string, room: string) =>
      (await inboxesOf(engine).next({ room, uid }, undefined, NO_WAIT)).messages.map(({ id }) => id)
    for (const [uid, room] of [
      ['alice', 'lobby'],
      ['bob', 'ops'],
      ['carol', 'empty'],
    ] as const)
      expect([uid, await read(target, uid, room)]).toEqual([uid, await read(source, uid, room)])

    expect(await importFile(target, file)).toMatchObject({ messages: 31, added: 0 })
    expect(await everything(target)).toEqual(after)
    const { repeated } = await target.log.append(draft('lobby', 'again', 'id-1'))
    expect(repeated).toBe(true)
    const { message } = await target.log.append(draft('lobby', 'new'))
    expect(message.index).toBeGreaterThan(after.rooms.lobby?.at(-1)?.index ?? 0)
    expect(await importFile(target, file)).toMatchObject({ added: 0 })
    expect(readFileSync(await exportTo(target), 'utf8').split('\n').length).toBeGreaterThan(30)
  })
})

describe.each(PAIRS)('of a log that does not keep everything, from %s to %s', (from, to) => {
  async function moved(retention: Retention, kept: number) {
    const [source, target] = await Promise.all([ENGINES[from]?.(retention), ENGINES[to]?.()])
    if (!source || !target) throw new Error('no engine')
    const sent = await appendAll(source.log, 'lobby', numbered(9))
    const last = sent.at(-kept - 1)
    if (!last) throw new Error('Fewer are kept.')
    // Alice has read all that is no longer kept, and Bob nothing.
    await inboxesOf(source).next({ room: 'lobby', uid: 'alice' }, cursor(cursorAfter(last)), NO_WAIT)
    await source.store.put('inbox/lobby/bob', '0')
    const read = ({ log }: Engine) => log.read('lobby', { index: 0 }, 100)
    await vi.waitUntil(async () => (await read(source)).messages.length === kept, { timeout: 20_000 })
    return { source, target, last, read, file: () => exportTo(source) }
  }

  it('the mark where a room is no longer kept, and what was deleted, are as they were', async () => {
    const { source, target, last, read, file } = await moved({ count: 4 }, 4)
    await source.log.remove('lobby', (await read(source)).messages[1]?.index ?? 0)
    const before = await read(source)
    const path = await file()
    expect(await importFile(target, path)).toMatchObject({ messages: 4, rooms: 1 })
    const after = await read(target)
    expect(after.trimmed).toBe(true)
    expect(after.messages.map(({ index: _, ...message }) => message)).toEqual(
      before.messages.map(({ index: _, ...message }) => message),
    )
    expect(after.messages[1]).toMatchObject({ text: '', deleted: true })
    const floor = (await target.transfer?.rooms())?.[0]?.floor
    expect(floor).toMatchObject({ id: last.id, ...(to === 'sqlite' && { index: last.index }) })
    const place = cursorAfter(floor ?? last)
    expect(await target.log.read('lobby', cursor(place), 100)).toEqual({ messages: after.messages, next: after.next })
    expect((await target.log.page('lobby', 100)).trimmed).toBe(true)
    if ((floor?.index ?? 0) > 1) {
      const reading = async () => target.log.read('lobby', { index: (floor?.index ?? 0) - 1 }, 1)
      await expect(reading()).rejects.toMatchObject({ reason: 'trimmed', oldest: place })
    }
    const inbox = (uid: string) => inboxesOf(target).next({ room: 'lobby', uid }, undefined, NO_WAIT)
    expect(await inbox('alice')).toEqual({ messages: after.messages, next: after.next })
    expect(await inbox('bob')).toMatchObject({ messages: after.messages, trimmed: true })
    expect(await importFile(target, path)).toMatchObject({ added: 0 })
    expect(await target.transfer?.rooms()).toHaveLength(1)
  })

  it('a room that is empty knows its end', async () => {
    const { target, last, file } = await moved({ ageMs: 1_000 }, 0)
    await importFile(target, await file())
    const { floor, head } = (await target.transfer?.rooms())?.[0] ?? {}
    expect(floor).toMatchObject({ id: last.id, ...(to === 'sqlite' && { index: last.index }) })
    expect(await target.log.head('lobby')).toEqual(cursor(cursorAfter(floor ?? last)))
    expect((await target.log.append(draft('lobby', 'new'))).message.index).toBeGreaterThan(head ?? 0)
  })

  it('is refused where a room has messages, but not from before', async () => {
    const { target, file } = await moved({ count: 4 }, 4)
    await appendAll(target.log, 'lobby', ['x'])
    await expect(importFile(target, await file())).rejects.toThrow('Room "lobby" has other messages')
  })
})

it('an import that was interrupted goes on where it was', async () => {
  const source = await openSqlite()
  await fill(source)
  const file = await exportTo(source)
  const target = await openSqlite()
  const lobby = await collect(messagesOf(source.log, 'lobby'))
  await target.transfer?.restore('lobby', lobby.slice(0, 7), 0)
  expect(await importFile(target, file)).toMatchObject({ messages: 31, added: 24 })
  expect(await everything(target)).toEqual(await everything(source))
})

it('no index is given again, of a room whose newest messages are gone too', async () => {
  const target = await openSqlite()
  await target.transfer?.restore('lobby', [], 41)
  expect(await target.log.append(draft('lobby', 'x'))).toMatchObject({ message: { index: 42 } })
  expect(await target.transfer?.rooms()).toEqual([{ room: 'lobby', head: 42 }])
})

it('what the operator has deleted stays deleted, and comes to no log again', async () => {
  const source = await openSqlite()
  await fill(source)
  const whole = await exportTo(source)
  await source.log.remove('lobby', 2)
  const file = await exportTo(source)
  for (const open of Object.values(ENGINES)) {
    const target = await open()
    await importFile(target, file)
    const [, second] = await collect(messagesOf(target.log, 'lobby'))
    expect(second).toMatchObject({ text: '', deleted: true })
    await expect(importFile(target, whole)).rejects.toThrow('Room "lobby" has other messages')
  }
})

describe('is refused, and changes nothing:', () => {
  const damages: [string, RegExp, (lines: string[]) => string[]][] = [
    ['a file that is cut off', /is cut off/, (lines) => lines.slice(0, -1)],
    ['a line that is cut off', /is damaged in line 9/, (lines) => [...lines.slice(0, 8), '{"type":"mess']],
    [
      'a text that was changed',
      /is damaged: it does not have/,
      (lines) => lines.map((line) => line.replace('plain', 'plane')),
    ],
    ['a line that is missing', /is damaged/, (lines) => lines.filter((_, i) => i !== 5)],
    ['lines in another order', /is damaged: /, (lines) => swapped(lines, 4, 5)],
    ['more after the end', /has more after its end/, (lines) => [...lines, '{}']],
    ['another file', /is no export of poll-chat/, () => ['SQLite format 3']],
    ['an empty file', /is cut off/, () => []],
    [
      'a newer version',
      /newer poll-chat \(version 2\)/,
      ([first = '', ...rest]) => [first.replace('"version":1', '"version":2'), ...rest],
    ],
  ]

  it.each(damages)('%s', async (_what, message, damage) => {
    const source = await openSqlite()
    await fill(source)
    const file = await exportTo(source)
    const lines = damage(readFileSync(file, 'utf8').trimEnd().split('\n'))
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
    const target = await openSqlite()
    await expect(importFile(target, file)).rejects.toThrow(message)
    expect(await target.transfer?.rooms()).toEqual([])
    expect(await target.store.list('')).toEqual([])
  })

  it('a room that has other messages, and a uid that somebody else has claimed', async () => {
    const source = await openSqlite()
    await fill(source)
    const file = await exportTo(source)
    const other = await openSqlite()
    await other.log.append(draft('ops', 'of somebody else'))
    await expect(importFile(other, file)).rejects.toThrow('Room "ops" has other messages, from index 1 on.')
    expect(await other.log.rooms(9)).toMatchObject([{ room: 'ops' }])
    const claimed = await openSqlite()
    await new Uids(claimed.store, new Limits()).admit('alice', 'b'.repeat(43))
    await expect(importFile(claimed, file)).rejects.toThrow('another "uid/alice" already')
    expect(await claimed.log.rooms(9)).toEqual([])
  })

  it('a log in memory, which would be forgotten, and a file that is not there', async () => {
    await expect(importFile(openMemory(), '/nothing')).rejects.toThrow('ends with its server')
    expect(() => exported(openMemory())).toThrow('nothing to export')
    await expect(importFile(await openSqlite(), '/nothing')).rejects.toThrow('/nothing cannot be read')
  })
})

function swapped(lines: string[], a: number, b: number): string[] {
  const copy = [...lines]
  ;[copy[a], copy[b]] = [lines[b] ?? '', lines[a] ?? '']
  return copy
}
