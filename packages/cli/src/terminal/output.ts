/**
 * The only writer to standard output (data) and standard error (what is to be said to a person).
 * Invariant: what comes from a server was sanitised on its way here: data by `format.ts`, sentences by `say`.
 */
import { sanitiseLine } from './sanitise.ts'

let whenClosed: (() => void) | undefined

/** What to do when the reader of standard output goes away (`poll-chat tail | head -1`). @default ends quietly, with 0 */
export function onClosedOutput(handler: () => void): void {
  whenClosed = handler
}

/** Writes data, and resolves when it has gone out, so that a slow reader slows the writer instead of filling memory. */
export function print(data: string): Promise<void> {
  guard()
  return new Promise((resolve) => process.stdout.write(data, () => resolve()))
}

/** Resolves when everything printed has gone out. Touches no stream that was not used: opening one takes a fast send's time. */
export async function flush(): Promise<void> {
  if (guarded) await print('')
}

/** Says one sentence on standard error. */
export function say(sentence: string): void {
  guard()
  process.stderr.write(`poll-chat: ${sanitiseLine(sentence)}\n`)
}

let guarded = false

function guard(): void {
  if (guarded) return
  guarded = true
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(1) // a full disk behind `> file`; there is nowhere left to put the data
    if (whenClosed) whenClosed()
    else process.exit(process.exitCode ?? 0)
  })
  process.stderr.on('error', () => undefined) // nobody is left to be told
}
