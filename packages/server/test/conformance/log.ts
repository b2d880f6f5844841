import { describe } from 'vitest'
import type { OpenEngine } from '../engines.ts'
import { appendConformance } from './append.ts'
import { modelConformance } from './model.ts'
import { readConformance } from './read.ts'

/** The contract of `Log`, as one suite that every engine passes. */
export function logConformance(open: OpenEngine): void {
  describe('log: appending', () => appendConformance(open))
  describe('log: reading', () => readConformance(open))
  describe('log: any order', () => modelConformance(open))
}
