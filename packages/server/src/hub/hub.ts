/**
 * Who is waiting in which room. Wakes them when the log announces something.
 * Invariant: a waiter is registered in the same turn of the event loop in which its read begins. A message that arrives
 * after the read finds it registered, so there is no moment in which it could be missed.
 */
import { type Batch, type Cursor, FULL_RETRY_MS, formatCursor, type Message } from '@poll-chat/protocol'
import { LOCAL } from '../limits/addresses.ts'
import type { Counter } from '../limits/counter.ts'
import { Limits } from '../limits/limits.ts'
import type { Log } from '../log/contract.ts'
import { Tally } from '../metrics/tally.ts'
import { Deadlines } from './deadlines.ts'
import { restAfter } from './pace.ts'
import { Group, PromisedWaiter, type Waiter } from './waiter.ts'

/** Waiters answered in one turn of the event loop. Under a millisecond of work: others get their turn between. */
const WAKE_SLICE = 50

export type NextOptions = {
  /** Messages at most. */
  limit: number
  /** How long to wait when there is nothing, in seconds. 0 answers at once. */
  waitSeconds: number
  /** Ends the wait: with an empty batch, nothing kept. */
  signal?: AbortSignal
  /** Whose wait it counts as, as `Limits` says it. @default this machine's */
  address?: string
}

export type Question = { room: string; after: Cursor; limit: number; waitSeconds: number }

/**
 * `quiet`: a message wakes at once. `waking`: a wake is scheduled or under way. `resting`: the last wake was costly;
 * what is announced now waits for the end of the rest.
 */
type Room = {
  state: 'quiet' | 'waking' | 'resting'
  /** Something was announced that no wake has shown yet; `newsAt`: when that began. */
  news: boolean
  newsAt: number
  /** Index of the newest message that a wake has shown: who has less is behind, and is answered at once. */
  shown: number
  readonly groups: Map<string, Group>
  /** The group in which somebody registered last; it may be gone from `groups` by now. */
  latest: Group | undefined
}

/** What a group is answered. */
type Answer = { group: Group; batch: Batch }

/** A wake that is under way. `newsAt`: when what it shows was announced; `costMs`: what it has cost so far. */
type Wake = { answers: Answer[]; newsAt: number; costMs: number }

export class Hub {
  readonly #log: Log
  readonly #rooms = new Map<string, Room>()
  readonly #deadlines = new Deadlines<Waiter>((waiter) => this.#endWait(waiter))
  readonly #unwatch: () => void
  readonly #waiters: Counter
  readonly #tally: Tally
  #due: string[] = []
  #draining = false

  constructor(log: Log, waiters = new Limits().waiters, tally = new Tally()) {
    this.#log = log
    this.#waiters = waiters
    this.#tally = tally
    this.#unwatch = log.watch((messages) => this.#announce(messages))
  }

  /** Polls that hang at this moment. */
  get waiting(): number {
    return this.#waiters.all
  }

  /** Rooms that it keeps something for: none when nobody waits and no wake rests. */
  get rooms(): number {
    return this.#rooms.size
  }

  get draining(): boolean {
    return this.#draining
  }

  /**
   * What comes after a cursor: at once if there is something, else as soon as there is, else an empty batch when the
   * time is over, the signal aborts, or the hub drains. With too many waiters already, at once in any case, and with
   * the time after which to ask again.
   * @throws CursorReset when the log cannot honour the cursor
   */
  async next(
    room: string,
    after: Cursor,
    { limit, waitSeconds, signal, address = LOCAL }: NextOptions,
  ): Promise<Batch> {
    const waiter = new PromisedWaiter()
    waiter.address = address
    this.ask(waiter, { room, after, limit, waitSeconds: signal?.aborted ? 0 : waitSeconds })
    const end = () => this.#abort(waiter, after)
    signal?.addEventListener('abort', end)
    try {
      return await waiter.promise
    } finally {
      signal?.removeEventListener('abort', end)
      this.forget(waiter)
    }
  }

  /** The same for a waiter object, without a promise: it may be answered before this returns. */
  ask(waiter: Waiter, question: Question): void {
    this.#tally.reads++
    const { room, after, limit, waitSeconds } = question
    const isFull = waitSeconds > 0 && !this.#draining && !this.#waiters.hasRoom(waiter.address)
    const mayWait = waitSeconds > 0 && !this.#draining && !isFull
    let read: Batch | Promise<Batch>
    try {
      read = this.#log.read(room, after, limit)
    } catch (error) {
      return waiter.fail(error)
    }
    if (!(read instanceof Promise)) {
      const isNews = read.messages.length > 0
      if (isFull && !isNews) return waiter.answer(this.#shed(read))
      if (!mayWait || (isNews && !this.#isHeldBack(room, after))) return waiter.answer(read)
      this.#register(waiter, question, read)
      return
    }
    if (!mayWait)
      return void read.then(
        (batch) => waiter.answer(isFull && batch.messages.length === 0 ? this.#shed(batch) : batch),
        (error) => waiter.fail(error),
      )
    const group = this.#register(waiter, question, { messages: [], next: formatCursor(after) })
    void this.#answerWhenRead(group, [waiter], read)
  }

  /** Spread, so that those who found no room do not all come back at once. */
  #shed(batch: Batch): Batch {
    this.#tally.shed++
    return { ...batch, retry_after_ms: Math.round(FULL_RETRY_MS * (0.5 + Math.random() / 2)) }
  }

  /** Keeps nothing of a waiter that went away, or that will not be asked for again. */
  forget(waiter: Waiter): void {
    this.#unregister(waiter)
    this.#deadlines.remove(waiter)
  }

  /** Lets nobody wait any more: answers all, spread evenly over a time, so that they do not all come back at once. */
  async drain(overMs: number): Promise<void> {
    this.#draining = true
    const groups = [...this.#rooms.values()].flatMap((room) => [...room.groups.values()])
    const waiters = groups.flatMap((group) => [...group])
    const slices = Math.min(20, waiters.length)
    for (let slice = 0; slice < slices; slice++) {
      const from = Math.floor((slice * waiters.length) / slices)
      const to = Math.floor(((slice + 1) * waiters.length) / slices)
      for (const waiter of waiters.slice(from, to)) this.#endWait(waiter)
      await new Promise((resolve) => setTimeout(resolve, overMs / slices))
    }
    this.#unwatch()
  }

  #register(waiter: Waiter, question: Question, inTheEnd: Batch): Group {
    let room = this.#rooms.get(question.room)
    if (!room) {
      room = { state: 'quiet', news: false, newsAt: 0, shown: 0, groups: new Map(), latest: undefined }
      this.#rooms.set(question.room, room)
    }
    const group = this.#groupOf(room, question)
    group.add(waiter)
    waiter.inTheEnd = inTheEnd
    this.#deadlines.set(waiter, question.waitSeconds * 1000)
    this.#waiters.enter(waiter.address)
    return group
  }

  /** Those who ask alike share the question's cursor: then no key needs to be made to find their group. */
  #groupOf(room: Room, question: Question): Group {
    const { latest, groups } = room
    const isLatest = latest?.after === question.after && latest.limit === question.limit
    if (latest && isLatest && groups.get(latest.key) === latest) return latest
    const key = `${formatCursor(question.after)} ${question.limit}`
    const group = groups.get(key) ?? new Group(key, question)
    groups.set(key, group)
    room.latest = group
    return group
  }

  #unregister(waiter: Waiter): void {
    const { group } = waiter
    if (!group) return
    group.remove(waiter)
    if (!group.first) this.#dropGroup(group)
    this.#deadlines.clear(waiter)
    waiter.inTheEnd = undefined
    this.#waiters.leave(waiter.address)
  }

  #dropGroup(group: Group): void {
    const room = this.#rooms.get(group.room)
    if (room?.groups.get(group.key) === group) room.groups.delete(group.key)
    if (room?.groups.size === 0 && room.state === 'quiet') this.#rooms.delete(group.room)
  }

  #endWait(waiter: Waiter): void {
    const { inTheEnd } = waiter
    if (!inTheEnd) return
    this.#unregister(waiter)
    waiter.answer(inTheEnd)
  }

  /** Empty in any case: what somebody did not wait for is not handed to them. */
  #abort(waiter: Waiter, after: Cursor): void {
    if (waiter.inTheEnd && waiter.inTheEnd.messages.length > 0) {
      waiter.inTheEnd = { messages: [], next: formatCursor(after) }
    }
    this.#endWait(waiter)
  }

  #settle(waiter: Waiter, batch: Batch): void {
    this.#unregister(waiter)
    waiter.answer(batch)
  }

  /** Whoever has seen all that the last wake showed waits for the next one, like all others in the room. */
  #isHeldBack(name: string, after: Cursor): boolean {
    const room = this.#rooms.get(name)
    return room !== undefined && room.state !== 'quiet' && room.news && after.index >= room.shown
  }

  /** Wakes once a turn of the event loop, however many messages arrived in it. */
  #announce(messages: readonly Message[]): void {
    for (const { room: name } of messages) {
      const room = this.#rooms.get(name)
      if (!room) continue
      if (!room.news) room.newsAt = performance.now()
      room.news = true
      if (room.state === 'quiet') this.#schedule(name, room)
    }
  }

  #wakeDue(): void {
    const due = this.#due
    this.#due = []
    for (const name of due) this.#startWake(name)
  }

  #startWake(name: string): void {
    const room = this.#rooms.get(name)
    if (!room) return
    const startedAt = performance.now()
    const { newsAt } = room
    room.state = 'waking'
    room.news = false
    this.#tally.wakes++
    const answers: Answer[] = []
    for (const [key, group] of room.groups) {
      const read = this.#read(group)
      if (read instanceof Promise) void this.#answerWhenRead(group, [...group], read)
      // Empty if what was announced is what they had read before they registered.
      if (read instanceof Promise || read.messages.length === 0) continue
      room.groups.delete(key)
      room.shown = Math.max(room.shown, read.messages.at(-1)?.index ?? 0)
      answers.push({ group, batch: read })
    }
    this.#answerSlice(name, room, { answers, newsAt, costMs: performance.now() - startedAt })
  }

  /** Answers some of those who waited when the wake began, then lets others have their turn. */
  #answerSlice(name: string, room: Room, wake: Wake): void {
    const { answers, newsAt } = wake
    const startedAt = performance.now()
    let left = WAKE_SLICE
    for (let answer = answers.at(-1); answer && left > 0; answer = answers.at(-1)) {
      const { group, batch } = answer
      for (let waiter = group.first; waiter && left > 0; waiter = group.first, left--) this.#settle(waiter, batch)
      if (!group.first) answers.pop()
    }
    const endedAt = performance.now()
    if (left < WAKE_SLICE) this.#tally.deliverLag.add((endedAt - newsAt) / 1000, WAKE_SLICE - left)
    wake.costMs += endedAt - startedAt
    if (answers.length > 0) setImmediate(() => this.#answerSlice(name, room, wake))
    else this.#rest(name, room, restAfter(wake.costMs))
  }

  #rest(name: string, room: Room, restMs: number): void {
    room.state = 'resting'
    if (restMs > 0) setTimeout(() => this.#endRest(name, room), restMs)
    else this.#endRest(name, room)
  }

  #endRest(name: string, room: Room): void {
    room.state = 'quiet'
    if (room.news) this.#schedule(name, room)
    else if (room.groups.size === 0) this.#rooms.delete(name)
  }

  #schedule(name: string, room: Room): void {
    room.state = 'waking'
    if (this.#due.length === 0) setImmediate(() => this.#wakeDue())
    this.#due.push(name)
  }

  /** A cursor that cannot be honoured is an answer like any other, for those who wait for it. */
  #read({ room, after, limit }: Group): Batch | Promise<Batch> {
    try {
      return this.#log.read(room, after, limit)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async #answerWhenRead(group: Group, waiters: readonly Waiter[], read: Promise<Batch>): Promise<void> {
    let answer: (waiter: Waiter) => void
    try {
      const batch = await read
      answer = (waiter) => {
        if (batch.messages.length > 0) this.#settle(waiter, batch)
        else waiter.inTheEnd = batch // which knows the cursor's check
      }
    } catch (error) {
      answer = (waiter) => {
        this.#unregister(waiter)
        waiter.fail(error)
      }
    }
    // Some have been answered meanwhile, and may wait for something else by now.
    for (const waiter of waiters) if (waiter.group === group) answer(waiter)
  }
}
