import { openMemory } from '../../src/engines/memory.ts'
import { forTest, openForTest } from '../engines.ts'
import { engineConformance } from './engine.ts'

engineConformance('memory', () => forTest(openMemory()))
engineConformance('memory behind the tail', () => openForTest('memory:'))
