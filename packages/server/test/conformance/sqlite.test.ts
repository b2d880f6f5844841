import { join } from 'node:path'
import { describe } from 'vitest'
import { openEngine } from '../../src/engines/open.ts'
import { openSqlite } from '../../src/engines/sqlite.ts'
import type { Retention } from '../../src/log/contract.ts'
import { forTest } from '../engines.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { engineConformance } from './engine.ts'
import { removalConformance } from './removal.ts'
import { retentionConformance } from './retention.ts'

const newPath = () => join(temporaryFolder(), 'chat.db')

const engines = [
  ['sqlite', openSqlite],
  [
    'sqlite behind the tail',
    (path: string, options: { retention?: Retention }) => openEngine(`sqlite:${path}`, options),
  ],
] as const

for (const [name, open] of engines) {
  const openNew = async (retention?: Retention, path = newPath()) =>
    forTest(await open(path, { ...(retention && { retention }) }))
  engineConformance(name, () => openNew())
  describe(`${name}: deleting`, () => removalConformance(() => openNew()))
  describe(`${name}: retention`, () => retentionConformance(openNew, newPath))
}
