/** What the two threads of the SQLite engine say to each other. Both sides post arrays: one message for many. */
import type { MessagePort } from 'node:worker_threads'
import type { Cursor, Message, ResetReason, RoomSummary } from '@poll-chat/protocol'
import type { Appended, Draft, Entry, Find, Found, Gone, Place, Retention } from '../log/contract.ts'
import type { Known } from '../log/honour.ts'

export type WorkerData = { path: string; retention: Retention | undefined }

export type Operations = {
  append: { ask: { draft: Draft }; answer: Appended }
  remove: { ask: { room: string; index: number }; answer: Message | undefined }
  read: {
    ask: { room: string; after: Cursor; limit: number }
    answer: { messages: Message[]; after: Cursor; trimmed: boolean }
  }
  page: {
    ask: { room: string; before: Cursor | undefined; limit: number }
    answer: { messages: Message[]; older: boolean; empty: Cursor; trimmed: boolean }
  }
  places: { ask: Record<never, never>; answer: Place[] }
  restoreFloor: { ask: { room: string; floor: Known }; answer: number }
  restore: { ask: { room: string; messages: readonly Message[]; head: number }; answer: number }
  head: { ask: { room: string }; answer: Cursor }
  rooms: { ask: { limit: number }; answer: RoomSummary[] }
  get: { ask: { key: string }; answer: Entry | undefined }
  put: { ask: { key: string; value: string; expected: number | undefined }; answer: number | undefined }
  delete: { ask: { key: string }; answer: undefined }
  list: { ask: { prefix: string }; answer: string[] }
  find: { ask: { find: Find }; answer: Found }
  close: { ask: Record<never, never>; answer: undefined }
  backup: { ask: Record<never, never>; answer: string }
}

export type Name = keyof Operations

export type Ask<N extends Name> = { name: N } & Operations[N]['ask']

export type AnyAsk = { [N in Name]: Ask<N> }[Name]

/** `ticket` ties an answer to its request. */
export type Request = AnyAsk & { ticket: number }

/** Errors cross threads as data: an error's own class and code would be lost. */
export type Failure =
  | { type: 'reset'; reason: ResetReason; oldest: string; newest: string }
  | { type: 'unavailable'; detail: string }

export type Answer = { ticket: number; answer: unknown } | { ticket: number; failure: Failure }

/**
 * What is said to the worker: requests; that another thread will ask through a port of its own; or that this asker wants to
 * hear of changes to the store's keys under a prefix. Only then: acknowledgements change keys all the time.
 */
export type ToWorker = Request[] | { connect: MessagePort } | { watch: string }

/**
 * The worker's messages: that it is open, why it cannot be, or its answers to one asker, with what a group made durable.
 * `changed`: the keys of the store that the asker watches and the group has put or deleted. `commit`: what it took to
 * write the group; it is told to one asker.
 */
export type FromWorker =
  | { type: 'open' }
  | { type: 'cannot-open'; detail: string }
  | {
      type: 'answers'
      answers: Answer[]
      appended: Message[]
      gone: Gone[]
      changed: string[]
      commit?: Commit | undefined
    }

export type Commit = { seconds: number; writes: number }
