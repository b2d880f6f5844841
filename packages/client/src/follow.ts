/** Following a room: ask, yield, ask again with the cursor of what was yielded. The next request is the acknowledgement. */
import type { Batch } from '@poll-chat/protocol'
import { CursorReset, MAX_BATCH } from '@poll-chat/protocol'
import { isPassing } from './failures.ts'
import type { FollowAsk, Outcome } from './follower.ts'
import { Follower } from './follower.ts'
import { pause } from './pause.ts'
import type { Follow, FollowOptions } from './types.ts'

/** A way to ask. Invariant of every `read`: asked again with the same cursor, it loses nothing. */
export type Way = {
  read(ask: FollowAsk & { limit: number; signal: AbortSignal }): Promise<Batch>
  /** Lets go of what the way holds between two reads. */
  close(): void
}

/**
 * Ends without an error when `signal` aborts; leaves no request, timer or listener then, nor when the consumer breaks:
 * no read is under way while an event is being consumed, and what a way holds open is closed.
 * @throws ChatError when the server refuses for good
 */
export async function* follow(way: Way, options: FollowOptions): AsyncGenerator<Follow, void, undefined> {
  try {
    yield* followBy(way, options)
  } finally {
    way.close()
  }
}

async function* followBy(way: Way, options: FollowOptions): AsyncGenerator<Follow, void, undefined> {
  const { signal = new AbortController().signal } = options
  const follower = new Follower(options)
  while (!signal.aborted) {
    const ask = follower.ask()
    const askedAt = performance.now()
    let outcome: Outcome
    try {
      outcome = await outcomeOf(way.read({ ...ask, limit: MAX_BATCH, signal }))
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    const answeredAt = performance.now()
    const { events, pauseMs } = follower.decide(ask, outcome, answeredAt - askedAt)
    for (const event of events) {
      if (signal.aborted) return
      yield event
    }
    await pause(pauseMs - (performance.now() - answeredAt), signal)
  }
}

async function outcomeOf(answer: Promise<Batch>): Promise<Outcome> {
  try {
    return { type: 'answer', batch: await answer }
  } catch (error) {
    if (error instanceof CursorReset) return { type: 'reset', reset: error }
    if (isPassing(error)) return { type: 'failure', failure: error }
    throw error
  }
}
