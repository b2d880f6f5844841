/** Tries out a stream beside what works already. */
import type { EventStream } from './stream-way.ts'
import type { Verdict } from './types.ts'

/** How long the first event of a stream may take, in milliseconds. What takes longer is gathered on the way. */
const READY_WITHIN_MS = 5_000

/** How much later than promised a heartbeat may come, in milliseconds. */
const LATE_MS = 5_000

/**
 * A stream passes when something came through it, unbuffered, while it stayed open: not merely when it was opened.
 * One that passed lately only has to open.
 */
export async function probe(stream: EventStream, passedLately: boolean, signal: AbortSignal): Promise<Verdict> {
  const close = () => stream.close()
  signal.addEventListener('abort', close)
  try {
    const ready = await within(READY_WITHIN_MS, stream)
    if (ready === 'late') return { passes: false, why: 'is held up on the way' }
    if (ready?.type !== 'ready') return ready?.type === 'end' ? undefined : { passes: false, why: 'is cut at once' }
    if (passedLately) return { passes: true }
    const next = await within(ready.heartbeat_s * 1_000 + LATE_MS, stream)
    if (next === 'late') return { passes: false, why: 'is held up on the way' }
    if (next === undefined) return signal.aborted ? undefined : { passes: false, why: 'is cut on the way' }
    return next.type === 'end' ? undefined : { passes: true }
  } catch {
    return signal.aborted ? undefined : { passes: false, why: 'does not pass' }
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
}

async function within(ms: number, stream: EventStream) {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ms)
  })
  try {
    return await Promise.race([stream.next(), late])
  } finally {
    clearTimeout(timer)
  }
}
