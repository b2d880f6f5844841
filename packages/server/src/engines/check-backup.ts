import { pathToFileURL } from 'node:url'
import { StartError } from '../log/start-error.ts'
import { checkHeader, importSqlite } from './sqlite-database.ts'

export type Backup = { messages: number; rooms: number }

/**
 * Reads a copy of a database from beginning to end, and changes nothing: a server will start from it. Returns what is in it.
 * @throws StartError when it is damaged, or none of ours
 */
export async function checkBackup(path: string): Promise<Backup> {
  checkHeader(path)
  const { DatabaseSync } = await importSqlite()
  // Immutable: nobody else has it open, and SQLite puts no files beside it.
  const database = new DatabaseSync(new URL('?immutable=1', pathToFileURL(path)), { readOnly: true })
  try {
    const verdict = database.prepare('PRAGMA quick_check(1)').get()?.quick_check
    if (verdict !== 'ok') throw new StartError(`${path} is damaged: ${String(verdict)}.`)
    const count = (table: string) => Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows)
    return { messages: count('messages'), rooms: count('rooms') }
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(`${path} is damaged: ${error instanceof Error ? error.message : String(error)}.`, {
      cause: error,
    })
  } finally {
    database.close()
  }
}
