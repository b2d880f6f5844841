import { describe } from 'vitest'
import type { OpenEngine } from '../engines.ts'
import { logConformance } from './log.ts'
import { storeConformance } from './store.ts'

/** The whole contract of an engine. */
export function engineConformance(name: string, open: OpenEngine): void {
  describe(name, () => {
    logConformance(open)
    describe('store', () => storeConformance(open))
  })
}
