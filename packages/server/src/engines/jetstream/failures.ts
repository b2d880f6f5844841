/** What NATS answers when it cannot, as what our callers know. */
import { JetStreamApiError } from '@nats-io/jetstream'
import { jserrors } from '@nats-io/jetstream/internal'
import { errors } from '@nats-io/transport-node'
import { ChatError } from '@poll-chat/protocol'

/** Codes of https://github.com/nats-io/nats-server/blob/main/server/errors.json. */
const WRONG_LAST_SEQUENCE = new Set([10071, 10164])
const NO_SUITABLE_PEERS = 10005
const NOT_CLUSTERED = 10074
const FULL = new Set([10023, 10047, 10077])

/** What NATS says cannot be so, or not yet: a leader that is none any more said it, or a new one has not come so far. */
export class Unsettled extends Error {
  override name = 'Unsettled'
}

export function isWrongLastSequence(error: unknown): boolean {
  return error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.has(error.code)
}

/** What the account may not do; a request says so in its cause. */
export function permissionFault(error: unknown): InstanceType<typeof errors.PermissionViolationError> | undefined {
  if (error instanceof errors.PermissionViolationError) return error
  return error instanceof errors.RequestError ? permissionFault(error.cause) : undefined
}

/** Asking again cannot help before somebody makes room, or changes something. */
export function isFinal(error: unknown): boolean {
  return (
    isWrongLastSequence(error) ||
    error instanceof errors.ClosedConnectionError ||
    error instanceof errors.DrainingConnectionError ||
    permissionFault(error) !== undefined ||
    (error instanceof JetStreamApiError && (FULL.has(error.code) || isMistake(error))) ||
    !isNats(error)
  )
}

/** Peers that are missing may be on their way: the servers of a cluster do not start all at once. */
function isMistake({ code, status }: JetStreamApiError): boolean {
  return (status === 400 && code !== NO_SUITABLE_PEERS) || code === NOT_CLUSTERED
}

function isNats(error: unknown): boolean {
  return (
    error instanceof Unsettled ||
    error instanceof JetStreamApiError ||
    error instanceof jserrors.JetStreamNotEnabled ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.RequestError ||
    error instanceof errors.NoRespondersError ||
    error instanceof errors.ConnectionError ||
    error instanceof errors.ClosedConnectionError ||
    error instanceof errors.DrainingConnectionError ||
    error instanceof errors.PermissionViolationError
  )
}

/** An error of NATS as `log-unavailable`; any other as it is. */
export function toUnavailable(error: unknown): unknown {
  if (!isNats(error) || isWrongLastSequence(error)) return error
  if (error instanceof errors.ClosedConnectionError || error instanceof errors.DrainingConnectionError) {
    return new ChatError('log-unavailable', 'The log has stopped.', { cause: error })
  }
  if (error instanceof JetStreamApiError && FULL.has(error.code)) {
    return new ChatError('log-unavailable', 'The NATS stream is full; nothing was stored.', {
      cause: error,
      retryAfterMs: 5000,
    })
  }
  if (permissionFault(error)) {
    return new ChatError(
      'log-unavailable',
      'The account on the NATS cluster may not do what is needed; nothing was stored.',
      {
        cause: error,
        retryAfterMs: 5000,
      },
    )
  }
  return new ChatError('log-unavailable', 'The NATS cluster does not answer just now; nothing was acknowledged.', {
    cause: error,
    retryAfterMs: 1000,
  })
}
