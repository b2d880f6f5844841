/** The index in the database: what is deleted leaves it, and what an older version wrote comes into it. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, vi } from 'vitest'
import { openSqlite } from '../../src/engines/sqlite.ts'
import type { Engine } from '../../src/log/contract.ts'
import { readTerms } from '../../src/log/search-words.ts'
import { appendAll, draft, numbered } from '../drafts.ts'
import { forTest } from '../engines.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const newPath = () => join(temporaryFolder(), 'chat.db')

async function found({ search }: Engine, q: string): Promise<string[]> {
  const find = { terms: readTerms(q), room: undefined, uid: undefined, before: undefined, limit: 100 }
  return (await search?.find(find))?.messages.map(({ text }) => text) ?? []
}

it('what is deleted or emptied is not found any more, and leaves nothing in the index', async () => {
  const path = newPath()
  const engine = await openSqlite(path)
  await appendAll(engine.log, 'lobby', ['first word', 'second word', 'third word'])
  expect(await found(engine, 'word')).toHaveLength(3)
  await engine.log.close()

  const database = new DatabaseSync(path)
  database.exec(`DELETE FROM messages WHERE idx = 1; UPDATE messages SET text = '' WHERE idx = 2`)
  expect(database.prepare('SELECT count(*) AS count FROM search_messages').get()).toEqual({ count: 1 })
  const matches = database.prepare(`SELECT rowid FROM search_words WHERE search_words MATCH 'word'`)
  expect(matches.all()).toHaveLength(1)
  database.close()
  expect(await found(await forTest(await openSqlite(path)), 'word')).toEqual(['third word'])
})

it('a log of an older version is indexed while it is in use, and found newest first', async () => {
  const path = newPath()
  const before = await openSqlite(path)
  await appendAll(before.log, 'lobby', numbered(1_000))
  await before.log.close()
  asBeforeSearching(path)

  const engine = await forTest(await openSqlite(path))
  await engine.log.append(draft('other', 't0 new'))
  await vi.waitUntil(async () => (await found(engine, 't1000')).length === 1, { timeout: 20_000 })
  expect(await found(engine, 't1 t')).toHaveLength(100)
  expect(await found(engine, 't0')).toEqual(['t0 new'])
  expect((await found(engine, 't99')).slice(0, 3)).toEqual(['t999', 't998', 't997'])
})

it('what was appended just before a crash is indexed after it', async () => {
  const path = newPath()
  const engine = await openSqlite(path)
  await engine.log.append(draft('lobby', 'unindexed'))
  await engine.log.close() // before the index had its turn
  expect(await found(await forTest(await openSqlite(path)), 'unindexed')).toEqual(['unindexed'])
})

/** Takes the index out again. */
function asBeforeSearching(path: string): void {
  const database = new DatabaseSync(path)
  database.exec(`
    DROP TRIGGER search_deleted; DROP TRIGGER messages_deleted; DROP TRIGGER messages_emptied;
    DROP TABLE search_words; DROP TABLE search_messages; DROP INDEX rooms_behind;
    ALTER TABLE rooms DROP COLUMN indexed;
    DROP TRIGGER scrub_emptied; DROP TABLE chores;
    DROP TABLE trimmed; ALTER TABLE rooms DROP COLUMN floor; ALTER TABLE rooms DROP COLUMN floor_id;
    PRAGMA user_version = 1; PRAGMA journal_mode = DELETE;`)
  database.close()
}
