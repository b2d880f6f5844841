import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { cursorAfter, type Message } from '@poll-chat/protocol'
import { describe, expect, it } from 'vitest'
import { openSqlite } from '../../src/engines/sqlite.ts'
import { appendAll, cursor, draft, numbered, textsOf } from '../drafts.ts'
import { forTest, openForTest } from '../engines.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const kinds = [
  ['bare', async (path: string) => forTest(await openSqlite(path))],
  ['behind the tail', (path: string) => openForTest(`sqlite:${path}`)],
] as const

for (const [kind, open] of kinds) {
  describe(`a log whose oldest messages were deleted, ${kind}`, () => {
    it('answers a cursor from before them with "trimmed"', async () => {
      const { path, messages } = await trimmedLog()
      const { log } = await open(path)
      const newest = cursorAfter(at(messages, 9))
      for (const wire of ['1', cursorAfter(at(messages, 0)), cursorAfter(at(messages, 3))]) {
        const reset = { code: 'cursor-reset', reason: 'trimmed', oldest: '0', newest }
        await expect((async () => log.read('lobby', cursor(wire), 10))()).rejects.toMatchObject(reset)
        await expect(log.page('lobby', 10, cursor(wire))).rejects.toMatchObject(reset)
      }
    })

    it('gives everything that is kept from "oldest", and goes on from what is kept', async () => {
      const { path } = await trimmedLog()
      const { log } = await open(path)
      expect(textsOf(await log.read('lobby', { index: 0 }, 10))).toEqual(['t6', 't7', 't8', 't9', 't10'])
      expect(textsOf(await log.read('lobby', { index: 6 }, 2))).toEqual(['t7', 't8'])
      const page = await log.page('lobby', 10)
      expect(textsOf(page)).toEqual(['t6', 't7', 't8', 't9', 't10'])
      expect(page).not.toHaveProperty('prev')
    })

    it('numbers on, also when nothing is kept at all', async () => {
      const { path } = await trimmedLog(10)
      const { log } = await open(path)
      expect(await log.read('lobby', { index: 0 }, 10)).toEqual({ messages: [], next: '0' })
      expect((await log.append(draft('lobby', 'new'))).message.index).toBe(11)
      expect(textsOf(await log.read('lobby', { index: 0 }, 10))).toEqual(['new'])
      await expect((async () => log.read('lobby', { index: 10 }, 10))()).rejects.toMatchObject({ reason: 'trimmed' })
    })
  })
}

/** Ten messages of which the first are deleted behind the log's back. */
async function trimmedLog(deleted = 5): Promise<{ path: string; messages: Message[] }> {
  const path = join(temporaryFolder(), 'chat.db')
  const { log } = await openForTest(`sqlite:${path}`)
  const messages = await appendAll(log, 'lobby', numbered(10))
  await log.close()
  const database = new DatabaseSync(path)
  database.prepare('DELETE FROM messages WHERE idx <= ?').run(deleted)
  database.close()
  return { path, messages }
}

function at(messages: readonly Message[], place: number): Message {
  const message = messages[place]
  if (!message) throw new Error(`There is no message ${place}.`)
  return message
}
