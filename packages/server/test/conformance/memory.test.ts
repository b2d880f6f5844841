import { describe } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import { openEngine } from '../../src/engines/open.ts'
import type { Retention } from '../../src/log/contract.ts'
import { forTest } from '../engines.ts'
import { engineConformance } from './engine.ts'
import { removalConformance } from './removal.ts'
import { retentionConformance } from './retention.ts'

const engines = [
  ['memory', async (retention?: Retention) => forTest(openMemory({ retention }))],
  ['memory behind the tail', async (retention?: Retention) => forTest(await openEngine('memory:', { retention }))],
] as const

for (const [name, open] of engines) {
  engineConformance(name, () => open())
  describe(`${name}: deleting`, () => removalConformance(() => open()))
  describe(`${name}: retention`, () => retentionConformance(open))
}
