import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { openEngine } from '../../src/engines/open.ts'
import { StartError } from '../../src/log/start-error.ts'
import { appendAll, draft, numbered } from '../drafts.ts'
import { openForTest } from '../engines.ts'
import { askServer, sent } from '../http.ts'
import { spawnServer } from '../spawn-server.ts'
import { temporaryFolder } from '../temporary-folder.ts'

describe('a file that is not this log is refused and left as it is:', () => {
  it('something else than a database', async () => {
    const path = join(temporaryFolder(), 'notes.txt')
    writeFileSync(path, 'my diary '.repeat(1000))
    expect(await refusedUntouched(path)).toContain('is not a database')
  })

  it('something shorter than a header', async () => {
    const path = join(temporaryFolder(), 'notes.txt')
    writeFileSync(path, 'x')
    expect(await refusedUntouched(path)).toContain('is not a database')
  })

  it("another program's database", async () => {
    const path = join(temporaryFolder(), 'other.db')
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE rooms (name TEXT); PRAGMA application_id = 7')
    other.close()
    expect(await refusedUntouched(path)).toContain('another program')
  })

  it('the database of a newer poll-chat', async () => {
    const path = await closedLog()
    sql(path, 'PRAGMA user_version = 99')
    expect(await refusedUntouched(path)).toMatch(/newer poll-chat \(schema 99/)
  })

  it('the database of a newer poll-chat that was killed before its header reached the file', async () => {
    const path = await closedLog()
    const newer = new DatabaseSync(path)
    newer.exec('PRAGMA journal_mode = WAL; PRAGMA user_version = 99')
    const copy = join(temporaryFolder(), 'chat.db')
    copyFileSync(path, copy)
    copyFileSync(`${path}-wal`, `${copy}-wal`)
    newer.close()
    await expect(openEngine(`sqlite:${copy}`)).rejects.toThrow(/newer poll-chat \(schema 99/)
    expect(userVersion(copy)).toBe(99)
  })

  it('a database that another server holds', async () => {
    const path = join(temporaryFolder(), 'chat.db')
    const server = await spawnServer(`sqlite:${path}`)
    const ask = askServer(server.url)
    await sent(ask, 'lobby', 'before')
    await ask('/v1/search?q=x') // the index has nothing left to write then
    const wal = readFileSync(`${path}-wal`)
    expect(await refusedUntouched(path)).toContain('in use by another server')
    expect(readFileSync(`${path}-wal`).equals(wal)).toBe(true)
    await sent(ask, 'lobby', 'after')
    expect(await server.terminate()).toBe(0)
    expect((await (await openForTest(`sqlite:${path}`)).log.head('lobby')).index).toBe(2)
  })

  it('a database that this process holds', async () => {
    const path = join(temporaryFolder(), 'chat.db')
    const { log } = await openForTest(`sqlite:${path}`)
    await log.append(draft('lobby', 'x'))
    expect(await refusedUntouched(path)).toContain('in use by another server')
  })

  it('a truncated database', async () => {
    const path = await closedLog()
    truncateSync(path, 8192)
    expect(await refusedUntouched(path)).toMatch(/cannot be opened.*malformed/)
  })

  it('a folder', async () => {
    const path = join(temporaryFolder(), 'folder')
    mkdirSync(path)
    await expect(openEngine(`sqlite:${path}`)).rejects.toThrow(StartError)
  })

  it('a place that cannot be made', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    await expect(openEngine(`sqlite:${file}/chat.db`)).rejects.toThrow(/--data/)
  })

  it('a file system that makes no folders', async () => {
    await expect(openEngine('sqlite:/proc/nothing/here/chat.db')).rejects.toThrow(/--data/)
  })
})

describe('a database with a broken page', () => {
  it('is an error where it is read, and is not written over', async () => {
    const path = await closedLog()
    const bytes = readFileSync(path)
    const page = bytes.indexOf('a long text 1 ')
    expect(page).toBeGreaterThan(4096)
    bytes.fill(0xff, page - (page % 4096), page - (page % 4096) + 4096)
    writeFileSync(path, bytes)
    const { log } = await openForTest(`sqlite:${path}`)
    await expect(log.page('lobby', 500)).rejects.toMatchObject({ code: 'log-unavailable' })
    await log.close()
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })
})

it('an engine that does not exist is refused by name', async () => {
  for (const url of ['redis://x', 'sqlite:', '', '/tmp/chat.db'])
    await expect(openEngine(url)).rejects.toThrow(`There is no engine "${url}".`)
})

/** A log of 100 messages over many pages. */
async function closedLog(): Promise<string> {
  const path = join(temporaryFolder(), 'chat.db')
  const { log } = await openForTest(`sqlite:${path}`)
  await appendAll(
    log,
    'lobby',
    numbered(100).map((text, i) => `a long text ${i} ${text} `.repeat(40)),
  )
  await log.close()
  return path
}

/** The sentence that it is refused with. */
async function refusedUntouched(path: string): Promise<string> {
  const before = readFileSync(path)
  const error = await openEngine(`sqlite:${path}`).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(StartError)
  expect(readFileSync(path).equals(before)).toBe(true)
  return error instanceof StartError ? error.message : ''
}

function sql(path: string, statements: string): void {
  const database = new DatabaseSync(path)
  database.exec(statements)
  database.close()
}

function userVersion(path: string): number {
  const database = new DatabaseSync(path)
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  database.close()
  return version
}
