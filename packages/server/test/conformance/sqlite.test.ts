import { join } from 'node:path'
import { describe } from 'vitest'
import { openSqlite } from '../../src/engines/sqlite.ts'
import { forTest, openForTest } from '../engines.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { engineConformance } from './engine.ts'
import { removalConformance } from './removal.ts'

const newPath = () => join(temporaryFolder(), 'chat.db')

const engines = [
  ['sqlite', async () => forTest(await openSqlite(newPath()))],
  ['sqlite behind the tail', () => openForTest(`sqlite:${newPath()}`)],
] as const

for (const [name, open] of engines) {
  engineConformance(name, open)
  describe(`${name}: deleting`, () => removalConformance(open))
}
