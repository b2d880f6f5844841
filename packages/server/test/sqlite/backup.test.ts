import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { openShared } from '../../src/engines/sqlite.ts'
import type { Engine, Log } from '../../src/log/contract.ts'
import { appendAll, draft, numbered } from '../drafts.ts'
import { openForTest } from '../engines.ts'
import { temporaryFolder } from '../temporary-folder.ts'

it('a backup under load has everything that was acknowledged before it began, and is a whole database', async () => {
  const { log, backup } = await openLog()
  await fill(log, 5_000)
  const acknowledged: string[] = []
  let isOver = false
  const write = async () => {
    while (!isOver) acknowledged.push((await log.append(draft('lobby', 'x'))).message.id)
  }
  const writers = Array.from({ length: 20 }, write) // so many that there is always a transaction under way
  for (let round = 0; round < 5; round++) {
    const before = acknowledged.length
    const copy = await backup()
    const rows = idsIn(copy)
    expect(new Set(rows).size).toBe(rows.length)
    expect(rows).toEqual(expect.arrayContaining(acknowledged.slice(0, before)))
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    rmSync(copy)
  }
  isOver = true
  await Promise.all(writers)
  expect(acknowledged.length).toBeGreaterThan(0)
})

it('what is remembered beside the messages is in it, and a server goes on from it', async () => {
  const { log, store, backup } = await openLog()
  const messages = await appendAll(log, 'lobby', numbered(10))
  await store.put('inbox/lobby/alice', '3')
  const copy = await backup()
  await log.append(draft('lobby', 'later'))
  const restored = await openForTest(`sqlite:${copy}`)
  expect((await restored.log.page('lobby', 500)).messages).toEqual(messages)
  expect((await restored.store.get('inbox/lobby/alice'))?.value).toBe('3')
  expect((await restored.log.append(draft('lobby', 'next'))).message.index).toBe(11)
})

it('two at once are two copies, also for another thread', async () => {
  const { log, backup, share } = await openLog()
  await fill(log, 1_000)
  const other = share && openShared(share())
  const copies = await Promise.all([backup(), backup(), other?.backup?.()])
  expect(new Set(copies).size).toBe(3)
  for (const copy of copies) expect(idsIn(copy ?? '')).toHaveLength(1_000)
  await other?.log.close()
})

it('closing gives up a backup that is under way and leaves nothing of it', async () => {
  const { log, backup, path } = await openLog()
  for (let part = 0; part < 2; part++) await fill(log, 10_000)
  const refused = expect(backup()).rejects.toMatchObject({ code: 'log-unavailable' })
  await log.close()
  await refused
  expect(readdirSync(dirname(path))).toEqual(['poll-chat.db'])
})

it('what a killed process left of a backup is deleted by the next, and nothing else', async () => {
  const { log, path } = await openLog()
  await log.close()
  const left = ['.backup-1', '.backup-1-journal'].map((end) => `${path}${end}`)
  const others = [`${path}.copy`, join(dirname(path), 'other.backup-1')]
  for (const file of [...left, ...others]) writeFileSync(file, '')
  await openForTest(`sqlite:${path}`)
  expect(left.filter((file) => existsSync(file))).toEqual([])
  expect(others.filter((file) => existsSync(file))).toEqual(others)
})

async function openLog(): Promise<Engine & { backup: () => Promise<string>; path: string }> {
  const path = join(temporaryFolder(), 'poll-chat.db')
  const engine = await openForTest(`sqlite:${path}`)
  const { backup } = engine
  if (!backup) throw new Error('The engine makes no backups.')
  return { ...engine, backup, path }
}

/** Messages of half a kilobyte. */
async function fill(log: Log, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => log.append(draft('lobby', `${i}`.padEnd(500)))))
}

/** The ids of all messages in a copy that is whole. */
function idsIn(path: string): string[] {
  const database = new DatabaseSync(path)
  try {
    expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
    return database
      .prepare('SELECT id FROM messages ORDER BY idx')
      .all()
      .map(({ id }) => String(id))
  } finally {
    database.close()
  }
}
