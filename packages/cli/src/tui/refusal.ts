import { ServerUnreachable } from '@poll-chat/client'
import { ChatError } from '@poll-chat/protocol'

/** Whether the server has answered for good: the same request will not succeed later. */
export function isRefusal(error: unknown): error is ChatError {
  return error instanceof ChatError && error.status < 500 && error.status !== 408 && error.status !== 429
}

/** Why something failed, in one plain sentence. */
export function reasonOf(error: unknown): string {
  if (error instanceof ServerUnreachable) return error.reason
  return error instanceof Error ? error.message : String(error)
}
