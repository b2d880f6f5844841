import type { Sent } from '@poll-chat/protocol'
import { backoffMs } from './backoff.ts'
import type { Passing } from './failures.ts'
import { isPassing, mayHaveArrived, reasonOf, ServerUnreachable } from './failures.ts'
import { pause } from './pause.ts'
import { randomId } from './random-id.ts'
import type { Server } from './request.ts'
import { GRACE_SECONDS, request } from './request.ts'
import type { Room } from './rooms.ts'
import { isSent } from './shapes.ts'
import type { SendOptions } from './types.ts'

/** How long a send goes on trying, in milliseconds. */
export const SEND_TIMEOUT_MS = 30_000

/** Ceiling of the pause between two tries of a send, in milliseconds: somebody is waiting for it. */
export const LONGEST_SEND_RETRY_MS = 5_000

type Letter = { room: Room; uid: string | undefined; text: string }

/**
 * Sends one message, with the same id in every try, until the server has answered.
 * @throws ChatError, ServerUnreachable, the signal's reason
 */
export async function send(server: Server, letter: Letter, options: Omit<SendOptions, 'room'>): Promise<Sent> {
  const { id = randomId(), timeoutMs = SEND_TIMEOUT_MS, signal } = options
  const { room, uid, text } = letter
  const body = uid === undefined ? { id, text } : { id, uid, text }
  const endsAt = performance.now() + timeoutMs
  let unknown = false
  let told: Passing | undefined
  for (let tries = 1; ; tries++) {
    // A pause may take longer than it was asked to.
    const deadlineMs = Math.max(1, Math.min(GRACE_SECONDS * 1_000, endsAt - performance.now()))
    try {
      const path = ['rooms', room.name, 'messages']
      return await request(server, { path, body, roomKey: room.key, shape: isSent, deadlineMs, signal })
    } catch (error) {
      if (signal?.aborted || !isPassing(error)) throw error
      unknown ||= mayHaveArrived(error)
      // A last try that only ran out of time says less than the one before it.
      if (!told || performance.now() < endsAt) told = error
      const delayMs = backoffMs(tries, error.retryAfterMs, LONGEST_SEND_RETRY_MS)
      if (performance.now() + delayMs >= endsAt) throw gaveUp(told, timeoutMs, unknown)
      await pause(delayMs, signal)
      if (performance.now() >= endsAt) throw gaveUp(told, timeoutMs, unknown) // a busy machine has paused for longer
    }
  }
}

function gaveUp(cause: Passing, timeoutMs: number, unknown: boolean): ServerUnreachable {
  const reason = reasonOf(cause)
  const outcome = unknown ? 'It is unknown whether the message arrived.' : 'The message was not sent.'
  const message = `Not acknowledged within ${timeoutMs / 1_000} s: ${reason.replace(/\.$/, '')}. ${outcome}`
  return new ServerUnreachable(reason, { message, cause, mayHaveArrived: unknown })
}
