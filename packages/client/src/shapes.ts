/**
 * The shapes of the answers, checked where they come in. By hand, since zod would be most of what a browser loads.
 * Fields that are not checked here are not there for this version of the client.
 */
import type {
  Batch,
  Message,
  Person,
  PresenceNews,
  Problem,
  Reset,
  ResetReason,
  RoomNews,
  RoomSummary,
  SearchAnswer,
  Sent,
  ServerInfo,
  StreamEvent,
  SyncAnswer,
  UidSummary,
} from '@poll-chat/protocol'
import { parseCursor } from '@poll-chat/protocol'

export type Shape<T> = (value: unknown) => value is T

/** Messages in index order, and a `next` that does not stand before the last of them. */
export function isBatch(value: unknown): value is Batch {
  if (!isRecord(value) || !Array.isArray(value.messages)) return false
  let last = 0
  for (const message of value.messages) {
    if (!isMessage(message) || message.index <= last) return false
    last = message.index
  }
  if (value.prev !== undefined && !isCursor(value.prev)) return false
  if (value.superseded !== undefined && value.superseded !== true) return false
  if (value.trimmed !== undefined && value.trimmed !== true) return false
  if (!isPause(value.retry_after_ms)) return false
  if (value.presence !== undefined && !isPresence(value.presence)) return false
  return isCursor(value.next) && indexOf(value.next) >= last
}

/** What a stream says. Of a type that is not known, nothing else is. */
export function isStreamEvent(value: unknown): value is StreamEvent {
  if (!isRecord(value)) return false
  switch (value.type) {
    case 'ready':
      return isCursor(value.after) && typeof value.heartbeat_s === 'number' && value.heartbeat_s > 0
    case 'batch':
      return isBatch(value)
    case 'reset':
      return isReset(value)
    case 'presence':
      return isPresence(value)
    case 'end':
      return value.reason === 'rotate' || value.reason === 'drain' || value.reason === 'full'
    default:
      return value.type === 'heartbeat'
  }
}

export function isSyncAnswer(value: unknown): value is SyncAnswer {
  if (!isRecord(value) || !Array.isArray(value.rooms) || typeof value.next !== 'string') return false
  return isPause(value.retry_after_ms) && value.rooms.every(isRoomNews)
}

function isRoomNews(value: unknown): value is RoomNews {
  if (!isRecord(value) || typeof value.room !== 'string') return false
  if (value.key !== undefined && typeof value.key !== 'number') return false
  return isBatch(value.batch) || isReset(value.reset) || isProblem(value.problem)
}

export function isPresence(value: unknown): value is PresenceNews {
  if (!isRecord(value) || typeof value.version !== 'string' || typeof value.count !== 'number') return false
  const { here = [], came = [], left = [], deleted = [], typing } = value
  if (!isListOf(deleted, Number.isSafeInteger)) return false
  return isListOf(typing, isString) && isListOf(left, isString) && isListOf(here, isPerson) && isListOf(came, isPerson)
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne)
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isPerson(value: unknown): value is Person {
  return isRecord(value) && typeof value.uid === 'string' && typeof value.verified === 'boolean'
}

function isReset(value: unknown): value is Reset {
  return isRecord(value) && isResetReason(value.reason) && isCursor(value.oldest) && isCursor(value.newest)
}

export function isResetReason(value: unknown): value is ResetReason {
  return value === 'ahead' || value === 'trimmed' || value === 'diverged'
}

export function isSearchAnswer(value: unknown): value is SearchAnswer {
  if (!isRecord(value) || (value.next !== undefined && typeof value.next !== 'string')) return false
  return isListOf(value.messages, isMessage)
}

export function isSent(value: unknown): value is Sent {
  return isRecord(value) && isMessage(value.message) && isCursor(value.next)
}

export function isDeleted(value: unknown): value is { message: Message } {
  return isRecord(value) && isMessage(value.message)
}

export function isRooms(value: unknown): value is { rooms: RoomSummary[] } {
  return isRecord(value) && Array.isArray(value.rooms) && value.rooms.every(isRoomSummary)
}

export function isUidSummary(value: unknown): value is UidSummary {
  if (!isRecord(value) || typeof value.uid !== 'string') return false
  return typeof value.claimed === 'boolean' && typeof value.banned === 'boolean'
}

export function isServerInfo(value: unknown): value is ServerInfo {
  if (!isRecord(value) || value.name !== 'poll-chat' || value.api !== 1 || typeof value.version !== 'string')
    return false
  if (value.auth !== 'none' && value.auth !== 'key') return false
  const { limits } = value
  return isRecord(limits) && LIMITS.every((name) => typeof limits[name] === 'number')
}

export function isProblem(value: unknown): value is Problem {
  if (!isRecord(value) || typeof value.code !== 'string' || typeof value.detail !== 'string') return false
  return isPause(value.retry_after_ms)
}

/** Milliseconds, if any. */
function isPause(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && value >= 0)
}

export function isCursor(value: unknown): value is string {
  return typeof value === 'string' && parseCursor(value) !== undefined
}

/** The index of a cursor that has been checked; 0 for what is none. */
export function indexOf(cursor: string): number {
  return parseCursor(cursor)?.index ?? 0
}

const LIMITS: readonly (keyof ServerInfo['limits'])[] = [
  'text_bytes',
  'name_characters',
  'batch_default',
  'batch_max',
  'wait_default_s',
  'wait_max_s',
]

function isMessage(value: unknown): value is Message {
  if (!isRecord(value) || !Number.isSafeInteger(value.index)) return false
  if (![value.id, value.room, value.text, value.at].every((field) => typeof field === 'string')) return false
  return isPerson(value.from) && (value.deleted === undefined || value.deleted === true)
}

function isRoomSummary(value: unknown): value is RoomSummary {
  return isRecord(value) && typeof value.room === 'string' && isCursor(value.newest) && typeof value.at === 'string'
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
