import { join } from 'node:path'
import { openSqlite } from '../../src/engines/sqlite.ts'
import { forTest, openForTest } from '../engines.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { engineConformance } from './engine.ts'

const newPath = () => join(temporaryFolder(), 'chat.db')

engineConformance('sqlite', async () => forTest(await openSqlite(newPath())))
engineConformance('sqlite behind the tail', () => openForTest(`sqlite:${newPath()}`))
