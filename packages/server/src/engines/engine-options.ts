import type { Retention } from '../log/contract.ts'
import type { Tally } from '../metrics/tally.ts'

/** What every engine is opened with. */
export type EngineOptions = {
  /** Where it counts what it does. */
  tally?: Tally
  /** What is kept of the messages. @default all, for ever */
  retention?: Retention | undefined
}
