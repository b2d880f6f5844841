/** Takes a log out of its engine, in order, while others may use it. */
import { cursorAfter, type Message } from '@poll-chat/protocol'
import type { Engine, Store, Transfer } from '../log/contract.ts'
import { type Counts, type Line, written } from './lines.ts'
import { messagesOf } from './rooms.ts'
import { TransferError } from './transfer-error.ts'

/** What `/readyz` writes. */
const PASSING = new Set(['readyz'])

const INBOX = /^inbox\/([^/]*)\/([^/]*)$/

/** The lines of a file; returns what is in it. @throws TransferError when the engine keeps nothing */
export function exported({ log, store, transfer }: Engine): AsyncGenerator<string, Counts> {
  if (!transfer) throw new TransferError('A log in memory ends with its server; there is nothing to export.')
  return written(linesOf({ log, store, transfer }))
}

async function* linesOf({
  log,
  store,
  transfer,
}: Pick<Engine, 'log' | 'store'> & { transfer: Transfer }): AsyncGenerator<Line> {
  const inboxes = inboxesByRoom(await store.list('inbox/'))
  const left: string[] = []
  for (const { room, head, floor } of await transfer.rooms()) {
    yield { type: 'room', room, head }
    const places = await placesIn(store, inboxes.get(room) ?? new Map())
    inboxes.delete(room)
    yield* standingAt('0')
    if (floor) {
      yield { type: 'floor', ...floor }
      yield* standingAt(cursorAfter(floor))
    }
    for await (const message of messagesOf(log, room, head)) {
      yield lineOf(message)
      yield* standingAt(cursorAfter(message))
    }
    for (const keys of places.values()) left.push(...keys.map(({ key }) => key)) // at what is not there any more

    function* standingAt(cursor: string): Generator<Line> {
      for (const { uid } of places.get(cursor) ?? []) yield { type: 'place', uid }
      places.delete(cursor)
    }
  }
  for (const keys of inboxes.values()) left.push(...keys.values())
  const others = (await store.list('')).filter((key) => !INBOX.test(key) && !PASSING.has(key))
  for (const key of [...others, ...left.sort()]) {
    const entry = await store.get(key)
    if (entry) yield { type: 'entry', key, value: entry.value }
  }
}

function lineOf({ room: _, ...message }: Message): Line {
  return { type: 'message', ...message }
}

/** The key of each uid's inbox, by room. */
function inboxesByRoom(keys: readonly string[]): Map<string, Map<string, string>> {
  const rooms = new Map<string, Map<string, string>>()
  for (const key of keys) {
    const [, room, uid] = INBOX.exec(key) ?? []
    if (room === undefined || uid === undefined) continue
    const uids = rooms.get(room) ?? new Map<string, string>()
    rooms.set(room, uids.set(uid, key))
  }
  return rooms
}

/** Which inboxes stand at a cursor. */
async function placesIn(
  store: Store,
  inboxes: Map<string, string>,
): Promise<Map<string, { uid: string; key: string }[]>> {
  const places = new Map<string, { uid: string; key: string }[]>()
  for (const [uid, key] of inboxes) {
    const entry = await store.get(key)
    if (entry) places.set(entry.value, [...(places.get(entry.value) ?? []), { uid, key }])
  }
  return places
}
