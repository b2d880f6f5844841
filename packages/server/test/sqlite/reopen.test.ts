import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { appendAll, cursor, draft, numbered, textsOf } from '../drafts.ts'
import { openForTest } from '../engines.ts'
import { askServer, batch, sent } from '../http.ts'
import { spawnServer } from '../spawn-server.ts'
import { temporaryFolder } from '../temporary-folder.ts'

describe('opened again', () => {
  it('has every message, cursor, id and remembered value', async () => {
    const url = `sqlite:${join(temporaryFolder(), 'chat.db')}`
    const first = await openForTest(url)
    const messages = await appendAll(first.log, 'lobby', numbered(5))
    const revision = await first.store.put('inbox/lobby/alice', '3')
    const { next } = await first.log.read('lobby', { index: 0 }, 3)
    await first.log.close()

    const second = await openForTest(url)
    expect((await second.log.read('lobby', { index: 0 }, 10)).messages).toEqual(messages)
    expect(textsOf(await second.log.read('lobby', cursor(next), 10))).toEqual(['t4', 't5'])
    expect(await second.store.get('inbox/lobby/alice')).toEqual({ value: '3', revision })
    const repeat = await second.log.append(draft('lobby', 'other', messages[0]?.id))
    expect(repeat).toEqual({ message: messages[0], repeated: true })
    expect((await second.log.append(draft('lobby', 't6'))).message.index).toBeGreaterThan(messages[4]?.index ?? 0)
  })

  it('is never in use by the one that was closed before', async () => {
    const url = `sqlite:${join(temporaryFolder(), 'chat.db')}`
    for (let round = 1; round <= 5; round++) {
      const { log } = await openForTest(url)
      await Promise.all(numbered(100).map((text) => log.append(draft('lobby', text.padEnd(10_000)))))
      await log.close()
    }
    expect((await (await openForTest(url)).log.head('lobby')).index).toBe(500)
  })

  it('is opened although somebody else looks into it for a moment', async () => {
    const path = join(temporaryFolder(), 'chat.db')
    const other = new DatabaseSync(path)
    other.exec('BEGIN; SELECT * FROM sqlite_schema')
    const opening = openForTest(`sqlite:${path}`)
    setTimeout(() => other.close(), 200)
    expect(await (await opening).log.head('lobby')).toMatchObject({ index: 0 })
  })

  it('has everything that was acknowledged before the process was killed', async () => {
    const url = `sqlite:${join(temporaryFolder(), 'chat.db')}`
    const acknowledged = new Set<string>()
    for (let round = 0; round < 3; round++) {
      const server = await spawnServer(url)
      const ask = askServer(server.url)
      const known = await batch(ask, '/v1/rooms/lobby/messages?after=0&limit=500')
      const ids = known.messages.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      for (const id of acknowledged) expect(ids).toContain(id)
      const write = async () => {
        for (;;) acknowledged.add((await sent(ask, 'lobby', 'x')).message.id)
      }
      const writers = Promise.allSettled([write(), write(), write()])
      while (acknowledged.size < (round + 1) * 20) await new Promise(setImmediate)
      await server.kill()
      await writers
    }
    expect(acknowledged.size).toBeGreaterThanOrEqual(60)
  })
})

describe('the file', () => {
  it('and the folder made for it are for their owner alone', async () => {
    const folder = join(temporaryFolder(), 'a', 'b')
    const path = join(folder, 'chat.db')
    const { log } = await openForTest(`sqlite:${path}`)
    await log.append(draft('lobby', 'x'))
    expect(mode(folder)).toBe(0o700)
    expect(mode(path)).toBe(0o600)
    expect(mode(`${path}-wal`)).toBe(0o600)
  })

  it('may be there and empty; a folder that is there keeps its mode', async () => {
    const folder = join(temporaryFolder(), 'shared')
    mkdirSync(folder, { mode: 0o755 })
    const path = join(folder, 'chat.db')
    writeFileSync(path, '', { mode: 0o644 })
    const { log } = await openForTest(`sqlite:${path}`)
    await log.append(draft('lobby', 'x'))
    expect(mode(folder)).toBe(0o755)
    expect(mode(path)).toBe(0o600)
  })

  it('is alone in its folder once the log is closed', async () => {
    const path = join(temporaryFolder(), 'chat.db')
    const { log } = await openForTest(`sqlite:${path}`)
    await Promise.all(numbered(1000).map((text) => log.append(draft('lobby', text.padEnd(10_000)))))
    await log.close()
    expect([existsSync(path), existsSync(`${path}-wal`), existsSync(`${path}-journal`)]).toEqual([true, false, false])
  })
})

function mode(path: string): number {
  return statSync(path).mode & 0o777
}
