/** Following a room: ask, yield, ask again with the cursor of what was yielded. The next request is the acknowledgement. */
import type { Batch } from '@poll-chat/protocol'
import { CursorReset, MAX_BATCH } from '@poll-chat/protocol'
import { isPassing } from './failures.ts'
import type { FollowAsk, Outcome } from './follower.ts'
import { Follower } from './follower.ts'
import { pause } from './pause.ts'
import type { ChosenWay, Follow, FollowOptions } from './types.ts'

/** A way to ask. Invariant of every `read`: asked again with the same cursor, it loses nothing. */
export type Way = {
  read(ask: FollowAsk & { limit: number; signal: AbortSignal }): Promise<Batch>
  /** Lets go of what the way holds between two reads. */
  close(): void
  /** Which way is in use, where there is a choice. The same object until it changes. */
  readonly chosen?: ChosenWay
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
  let told: ChosenWay | undefined
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
    const { chosen } = way
    for (const event of chosen ? withChosen(events, chosen, chosen !== told) : events) {
      if (signal.aborted) return
      yield event
    }
    told = chosen
    await pause(pauseMs - (performance.now() - answeredAt), signal)
  }
}

/** Every live status says which way is in use; a change of the way is news by itself. */
function withChosen(events: readonly Follow[], chosen: ChosenWay, isNews: boolean): Follow[] {
  const isLive = (event: Follow) => event.type === 'status' && event.status.state === 'live'
  if (!events.some((event) => event.type === 'status')) {
    return isNews ? [{ type: 'status', status: { state: 'live', chosen } }, ...events] : [...events]
  }
  return events.map((event) =>
    event.type === 'status' && isLive(event) ? { ...event, status: { ...event.status, chosen } } : event,
  )
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
