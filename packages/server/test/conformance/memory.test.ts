import { describe } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import { forTest, openForTest } from '../engines.ts'
import { engineConformance } from './engine.ts'
import { removalConformance } from './removal.ts'

const engines = [
  ['memory', () => forTest(openMemory())],
  ['memory behind the tail', () => openForTest('memory:')],
] as const

for (const [name, open] of engines) {
  engineConformance(name, open)
  describe(`${name}: deleting`, () => removalConformance(open))
}
