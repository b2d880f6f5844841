/**
 * Searching: JetStream cannot, so each node keeps a copy of the messages in a SQLite log of its own and asks its index.
 * The copy is filled behind the records of ids, where it is certain which messages are void; it is made anew when it is
 * missing or is of another log, and a search says how many messages it may still lack. It is nobody's source of truth.
 * Invariant: once a node knows that a message was deleted, its copy does not have the text.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Message } from '@poll-chat/protocol'
import type { Engine, Find, Found, Retention, Search } from '../../log/contract.ts'
import { openSqlite } from '../sqlite.ts'
import type { Connection } from './connection.ts'
import type { Removed } from './removed.ts'
import { messageOf } from './room-reader.ts'
import { scan } from './scan.ts'
import type { Shard } from './shard.ts'

/** How often to look for new messages, in milliseconds. */
const FILL_MS = 1_000

/** How long a search waits for the newest, in milliseconds. */
const CATCH_UP_MS = 100

/** Messages copied at once. */
const BATCH = 500

/** Where the copy says whose it is, and how far it has come. */
const LOG_KEY = 'log'
const shardKey = (shard: Shard) => `until/${shard.names.messages}`

export type SearchCopyOptions = {
  connection: Connection
  shards: readonly Shard[]
  removed: Removed
  /** The file of the copy; without one it is made anew at each start. */
  path: string | undefined
  /** What no other log has. */
  log: string
  /** What the log keeps. */
  retention: Retention | undefined
}

export class SearchCopy implements Search {
  readonly #connection: Connection
  readonly #shards: readonly Shard[]
  readonly #removed: Removed
  readonly #copy: Engine
  /** A folder of its own, that goes with it. */
  readonly #folder: string | undefined
  readonly #until: Map<Shard, number>
  /** The index of the newest message of each room that is in the copy. */
  readonly #heads: Map<string, number>
  readonly #timer: NodeJS.Timeout
  #filling: Promise<void> | undefined
  #isClosing = false

  private constructor(
    { connection, shards, removed }: SearchCopyOptions,
    copy: Engine,
    folder: string | undefined,
    { until, heads }: { until: Map<Shard, number>; heads: Map<string, number> },
  ) {
    this.#connection = connection
    this.#shards = shards
    this.#removed = removed
    this.#copy = copy
    this.#folder = folder
    this.#until = until
    this.#heads = heads
    removed.watch((gone) => this.#forget(gone.flatMap((one) => (one.type === 'deleted' ? [one.message] : []))))
    this.#forget(removed.all())
    this.#timer = setInterval(() => void this.#fill(), FILL_MS).unref()
  }

  /** @throws StartError when the file cannot be used */
  static async open(options: SearchCopyOptions): Promise<SearchCopy> {
    const folder = options.path === undefined ? mkdtempSync(join(tmpdir(), 'poll-chat-search-')) : undefined
    const path = options.path ?? join(folder ?? '', 'search.db')
    const { retention } = options
    let copy = await openSqlite(path, { retention })
    const of = await copy.store.get(LOG_KEY)
    if (of && of.value !== options.log) {
      await copy.log.close()
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
      copy = await openSqlite(path, { retention })
    }
    await copy.store.put(LOG_KEY, options.log)
    return new SearchCopy(options, copy, folder, await progressOf(copy, options.shards))
  }

  async find(find: Find): Promise<Found> {
    await Promise.race([this.#fill(), new Promise((resolve) => setTimeout(resolve, CATCH_UP_MS))])
    const found = await this.#copy.search?.find(find)
    const behind = this.#shards.reduce((sum, shard) => sum + Math.max(0, shard.last - this.#untilOf(shard)), 0)
    const messages = found?.messages.filter(({ room, index }) => this.#isShown(room, index)) ?? []
    return { ...found, messages, ...(behind > 0 && { behind }) }
  }

  #isShown(room: string, index: number): boolean {
    return index > this.#removed.floorAt(room) && !this.#removed.at(room, index)
  }

  /** What fails now is copied later. */
  #fill(): Promise<void> {
    this.#filling ??= this.#fillAll()
      .catch(() => undefined)
      .finally(() => {
        this.#filling = undefined
      })
    return this.#filling
  }

  async #fillAll(): Promise<void> {
    for (const shard of this.#shards) if (shard.ids.until > this.#untilOf(shard)) await this.#copyShard(shard)
  }

  async #copyShard(shard: Shard): Promise<void> {
    const { until } = shard.ids
    const options = { subject: shard.names.rooms, from: this.#untilOf(shard) + 1 }
    await scan(this.#connection, shard.names.messages, options, async ({ count, take }) => {
      for (let left = count; left > 0 && !this.#isClosing; left -= BATCH) {
        const batch = await take(BATCH)
        const last = batch.at(-1)
        // A replica that is behind has less: what it lacks comes later.
        if (!last) return
        const within = batch.filter(({ seq }) => seq <= until)
        await this.#add(within.filter(({ seq }) => !shard.ids.isVoid(seq)).map(messageOf))
        await this.#reach(shard, Math.min(last.seq, until))
        if (last.seq >= until) return
      }
    })
  }

  /** Some may be there already: a room's copy and what is said about its shard are not written at once. */
  async #add(messages: readonly Message[]): Promise<void> {
    const rooms = Map.groupBy(messages, ({ room }) => room)
    for (const [room, ofRoom] of rooms) {
      const head = this.#heads.get(room) ?? 0
      const added = ofRoom
        .filter(({ index }) => index > head)
        .map((message) => this.#removed.at(room, message.index) ?? message)
      const last = added.at(-1)
      if (!last) continue
      await this.#copy.transfer?.restore(room, added, last.index)
      this.#heads.set(room, last.index)
    }
  }

  /** What is asked of the copy is done in order: one that is copied just now is there by then. */
  #forget(deleted: readonly Message[]): void {
    for (const { room, index } of deleted) this.#copy.log.remove(room, index).catch(() => undefined)
  }

  async #reach(shard: Shard, until: number): Promise<void> {
    await this.#copy.store.put(shardKey(shard), `${until}`)
    this.#until.set(shard, until)
  }

  #untilOf(shard: Shard): number {
    return this.#until.get(shard) ?? 0
  }

  async close(): Promise<void> {
    this.#isClosing = true
    clearInterval(this.#timer)
    await this.#filling
    await this.#copy.log.close()
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function progressOf(copy: Engine, shards: readonly Shard[]) {
  const places = await Promise.all(
    shards.map(
      async (shard): Promise<[Shard, number]> => [shard, Number((await copy.store.get(shardKey(shard)))?.value ?? 0)],
    ),
  )
  const rooms = (await copy.transfer?.rooms()) ?? []
  return { until: new Map(places), heads: new Map(rooms.map(({ room, head }) => [room, head])) }
}
