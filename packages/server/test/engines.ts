import { onTestFinished } from 'vitest'
import { openEngine } from '../src/engines/open.ts'
import type { Engine } from '../src/log/contract.ts'

export type OpenEngine = () => Promise<Engine>

/** Opens an engine by its URL for one test. */
export async function openForTest(url: string): Promise<Engine> {
  return forTest(await openEngine(url))
}

/** Closes it when the test is over. */
export async function forTest(engine: Engine): Promise<Engine> {
  onTestFinished(() => engine.log.close().catch(ignoreAlreadyClosed))
  return engine
}

/** A test may have closed it itself. */
const ignoreAlreadyClosed = () => undefined
