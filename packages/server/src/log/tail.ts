/**
 * The newest messages of the rooms that are being read, in memory: what almost every poll asks for, answered at once.
 * Invariant: a room's tail has no gap and ends at the newest message that was announced, or later. It starts with what
 * the engine held when the room was first read and grows only by announcements, which have no gap either. Where an
 * engine announces only the rooms that are followed, a room is followed before its tail starts and as long as it is kept.
 */
import {
  type Batch,
  type Cursor,
  formatCursor,
  MAX_BATCH_CHARACTERS,
  MAX_WAIT_SECONDS,
  type Message,
  START,
} from '@poll-chat/protocol'
import { asTrimmed, batchAfter } from './batch.ts'
import type { Gone, Log } from './contract.ts'
import { honour } from './honour.ts'

/** Messages kept of one room: enough for a reader who was away for some minutes of a lively room. */
const ROOM_MESSAGES = 512

/** Text kept of one room, in UTF-16 units: all of it fits into a batch. A room of few, huge messages must not push out all others. */
const ROOM_CHARACTERS = MAX_BATCH_CHARACTERS

/** Rooms kept; the one unread for longest goes first. With the bound above, 256 MB if every one is full of text. */
const ROOMS = 1000

/** Answers kept of one room while nothing new arrives: those at its head, and some who are catching up. */
const ROOM_BATCHES = 64

/**
 * What they may weigh together: their text, and what surrounds each message, in characters of JSON. Whoever has a batch
 * keeps it serialised too, so that unbounded they would be many times the messages themselves.
 */
const ROOM_BATCHES_CHARACTERS = 256 * 1024
const MESSAGE_CHARACTERS = 256

/** How long a room is followed that nobody reads, in milliseconds; at most twice as long. More than a long poll may hang. */
const UNREAD_MS = (MAX_WAIT_SECONDS + 5) * 1000

/**
 * `fromStart`: nothing precedes the first message kept; `isTrimmed`: something did. `batches`: what was answered since the last message, by question.
 * `latest`: the last of them; who asks alike shares the cursor, and then no key needs to be made to find the answer.
 * `missed`: reads of what is no longer kept that are under way. `isRead`: it was, since somebody last looked.
 */
type Tail = {
  messages: Message[]
  characters: number
  fromStart: boolean
  isTrimmed: boolean
  batches: Map<string, Batch>
  latest: { after: Cursor; limit: number; batch: Batch } | undefined
  batchesCharacters: number
  missed: Map<string, Promise<Batch>>
  isRead: boolean
  unfollow: (() => void) | undefined
}

/** Puts a tail before an engine's log. The contract is unchanged; `read` is then mostly synchronous. */
export function withTail(log: Log): Log {
  const tails = new Map<string, Tail>()
  const loading = new Map<string, Promise<void>>()

  const unwatch = log.watch((messages) => {
    for (const message of messages) {
      const tail = tails.get(message.room)
      if (tail) push(tail, message)
    }
  })
  const unwatchGone = log.watchGone((gone) => {
    for (const one of gone) {
      const tail = tails.get(roomOf(one))
      if (tail) lose(tail, one)
    }
  })
  const unfollowing = log.follow && setInterval(dropUnread, UNREAD_MS).unref()

  function dropUnread(): void {
    for (const [room, tail] of tails) {
      if (!tail.isRead) drop(room, tail)
      tail.isRead = false
    }
  }

  function drop(room: string, tail: Tail): void {
    tails.delete(room)
    tail.unfollow?.()
  }

  /** Reads the newest page once for all who ask meanwhile. */
  function load(room: string): Promise<void> {
    const underWay = loading.get(room)
    if (underWay) return underWay
    const arrived: Message[] = []
    const stop = log.watch((messages) => arrived.push(...messages.filter((message) => message.room === room)))
    const gone: Gone[] = []
    const stopGone = log.watchGone((more) => gone.push(...more))
    const loaded = (async () => {
      const unfollow = await log.follow?.(room)
      try {
        const page = await log.page(room, ROOM_MESSAGES)
        const tail = newTail(page, unfollow)
        for (const message of [...page.messages, ...arrived]) push(tail, message)
        for (const one of gone) if (roomOf(one) === room) lose(tail, one)
        tails.set(room, tail)
      } catch (error) {
        unfollow?.()
        throw error
      }
      const [oldest] = tails
      if (tails.size > ROOMS && oldest) drop(...oldest)
    })().finally(() => {
      stop()
      stopGone()
      loading.delete(room)
    })
    loading.set(room, loaded)
    return loaded
  }

  function read(room: string, after: Cursor, limit: number): Batch | Promise<Batch> {
    const tail = tails.get(room)
    if (tail) tail.isRead = true
    else return load(room).then(() => (tails.has(room) ? read(room, after, limit) : log.read(room, after, limit)))
    if (tails.size > ROOMS / 2) {
      tails.delete(room) // to its end, as the one that was read last; with room to spare the order does not matter
      tails.set(room, tail)
    }
    const { latest } = tail
    if (latest?.after === after && latest.limit === limit) return latest.batch
    const question = `${formatCursor(after)} ${limit}`
    const answered = tail.batches.get(question)
    if (answered) {
      tail.latest = { after, limit, batch: answered }
      return answered
    }
    const from = placeIn(tail, after)
    // Where all is gone only the engine knows where that ended.
    if (from === undefined || (tail.isTrimmed && tail.messages.length === 0))
      return readMissed(tail, room, after, limit, question)
    const before = tail.messages[from - 1]
    const newest = tail.messages.at(-1)
    // Perhaps another server has shown what is not announced here yet.
    if (after.index > (newest?.index ?? START.index)) return log.read(room, after, limit)
    const oldestIndex = tail.messages[0]?.index ?? 0
    const honoured = honour(after, {
      newest,
      oldestIndex,
      idAtCursor: before?.index === after.index ? before.id : undefined,
    })
    const messages = tail.messages.slice(from, from + limit)
    const batch = asTrimmed(batchAfter(honoured, messages), tail.isTrimmed && after.index === START.index)
    keep(tail, question, batch)
    tail.latest = { after, limit, batch }
    return batch
  }

  /** Once for all who ask meanwhile. None of them can be answered with nothing, and so miss what comes meanwhile. */
  function readMissed(tail: Tail, room: string, after: Cursor, limit: number, question: string): Promise<Batch> {
    const underWay = tail.missed.get(question)
    if (underWay) return underWay
    const missed = (async () => log.read(room, after, limit))().finally(() => tail.missed.delete(question))
    tail.missed.set(question, missed)
    return missed
  }

  return {
    append: (draft) => log.append(draft),
    read,
    page: (room, limit, before) => log.page(room, limit, before),
    head: (room) => log.head(room),
    rooms: (limit) => log.rooms(limit),
    watch: (listener) => log.watch(listener),
    remove: (room, index) => log.remove(room, index),
    watchGone: (listener) => log.watchGone(listener),
    async close() {
      unwatch()
      unwatchGone()
      clearInterval(unfollowing)
      for (const [room, tail] of tails) drop(room, tail)
      await log.close()
    },
  }
}

function newTail(page: Batch, unfollow: (() => void) | undefined): Tail {
  return {
    fromStart: page.prev === undefined,
    isTrimmed: page.trimmed === true,
    messages: [],
    characters: 0,
    batches: new Map(),
    latest: undefined,
    batchesCharacters: 0,
    missed: new Map(),
    isRead: true,
    unfollow,
  }
}

function keep(tail: Tail, question: string, batch: Batch): void {
  const characters = batch.messages.reduce((sum, { text }) => sum + text.length + MESSAGE_CHARACTERS, 0)
  if (tail.batches.size >= ROOM_BATCHES || tail.batchesCharacters + characters > ROOM_BATCHES_CHARACTERS) {
    forgetBatches(tail)
  }
  tail.batches.set(question, batch)
  tail.batchesCharacters += characters
}

function forgetBatches(tail: Tail): void {
  tail.batches.clear()
  tail.latest = undefined
  tail.batchesCharacters = 0
}

/** Messages come in order; what the tail started with may be announced once more. */
function push(tail: Tail, message: Message): void {
  if (message.index <= (tail.messages.at(-1)?.index ?? START.index)) return
  forgetBatches(tail)
  tail.messages.push(message)
  tail.characters += message.text.length
  while (tail.messages.length > ROOM_MESSAGES || (tail.characters > ROOM_CHARACTERS && tail.messages.length > 1)) {
    tail.characters -= tail.messages.shift()?.text.length ?? 0
    tail.fromStart = false
  }
}

function roomOf(gone: Gone): string {
  return gone.type === 'deleted' ? gone.message.room : gone.room
}

/** Nobody is given any more what is gone. */
function lose(tail: Tail, gone: Gone): void {
  forgetBatches(tail)
  if (gone.type === 'deleted') {
    const place = tail.messages.findIndex(({ index }) => index === gone.message.index)
    const message = tail.messages[place]
    if (message) {
      tail.characters -= message.text.length
      tail.messages[place] = gone.message
    } else insert(tail, gone.message)
    return
  }
  tail.isTrimmed = true
  const kept = tail.messages.findIndex(({ index }) => index > gone.upTo)
  const dropped = tail.messages.splice(0, kept === -1 ? tail.messages.length : kept)
  if (dropped.length === 0) return
  tail.fromStart = true
  for (const { text } of dropped) tail.characters -= text.length
}

/** One that was deleted before it could be announced here, as another server may do it, has its place all the same. */
function insert(tail: Tail, message: Message): void {
  const next = tail.messages.findIndex(({ index }) => index > message.index)
  if (next > 0) tail.messages.splice(next, 0, message)
}

/** Where in the tail the messages after a cursor begin; `undefined` if the tail does not reach back that far. */
function placeIn({ messages, fromStart }: Tail, after: Cursor): number | undefined {
  const first = messages[0]
  if (after.index === START.index) return fromStart ? 0 : undefined
  if (!first) return fromStart ? 0 : undefined
  if (after.index < first.index) return undefined
  let low = 0
  let high = messages.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((messages[middle]?.index ?? 0) <= after.index) low = middle + 1
    else high = middle
  }
  return low
}
