/**
 * What is gone of the log: messages that were deleted, and up to where each room is no longer kept (its floor). A stream only
 * forgets what is taken out of it, so that it is written down first, in a KV bucket, which every node has in memory.
 * Invariant: nothing is taken out of a stream before it is durable here that it is gone. What is gone here is gone for readers,
 * whether it is still in the stream or not.
 */
import type { KV } from '@nats-io/kv'
import { errors } from '@nats-io/transport-node'
import type { Message } from '@poll-chat/protocol'
import type { Gone } from '../../log/contract.ts'
import type { Known } from '../../log/honour.ts'
import type { Connection } from './connection.ts'
import { idKey, keyToken } from './names.ts'
import { JetStreamStore } from './store.ts'

/** How long to wait before asking for changes again, in milliseconds, when that has ended. */
const AGAIN_MS = 500

/** How long it may take to have all that is there, in milliseconds. */
const LOAD_MS = 30_000

/** `isErased`: its text is in no stream any more. */
type Deleted = { deleted: Message; isErased: boolean }

/** The last message of a room that is no longer kept. */
type Floor = { floor: Known & { room: string } }

/** What is in the bucket. */
type Written = Deleted | Floor | { sweptAt: number }

export class Removed {
  readonly #connection: Connection
  readonly #bucket: KV
  readonly #store: JetStreamStore
  readonly #name: string
  readonly #rooms = new Map<string, Map<number, Message>>()
  readonly #floors = new Map<string, Known>()
  readonly #keys = new Map<string, number>()
  /** Those whose text may still be in a stream. */
  readonly #unfinished = new Map<string, Message>()
  readonly #watchers = new Set<(gone: readonly Gone[]) => void>()
  #ended = false

  private constructor(connection: Connection, bucket: KV, name: string) {
    this.#connection = connection
    this.#bucket = bucket
    this.#name = name
    this.#store = new JetStreamStore(connection, bucket, name, 0)
  }

  /** Resolves when it has all that was there. @throws TimeoutError when that takes too long */
  static async open(connection: Connection, bucket: KV, name: string): Promise<Removed> {
    const removed = new Removed(connection, bucket, name)
    const { values } = await connection.patiently(() => bucket.status())
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new errors.TimeoutError()), LOAD_MS)
      const loaded = () => {
        clearTimeout(late)
        resolve()
      }
      void removed.#deliver(loaded)
      if (values === 0) loaded()
    })
    return removed
  }

  /** Goes on from the last change, whatever ends it. */
  async #deliver(loaded: () => void): Promise<void> {
    let last = 0
    while (!this.#ended && !this.#connection.nats.isClosed()) {
      try {
        const changes = await this.#bucket.watch(last === 0 ? {} : { resumeFromRevision: last + 1 })
        for await (const entry of changes) {
          last = Math.max(last, entry.revision)
          if (entry.operation === 'PUT') this.#learn(entry.json())
          if (entry.delta === 0) loaded()
        }
      } catch {
        // The cluster does not answer just now.
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref())
    }
  }

  #learn(written: Written): void {
    if ('deleted' in written) this.#learnDeleted(written)
    else if ('floor' in written) this.#learnFloor(written)
  }

  #learnDeleted({ deleted, isErased }: Deleted): void {
    const { room, index } = deleted
    const key = idKey(room, deleted.id)
    if (isErased) this.#unfinished.delete(key)
    else this.#unfinished.set(key, deleted)
    if (this.at(room, index) || index <= this.floorAt(room)) return
    const inRoom = this.#rooms.get(room) ?? new Map<number, Message>()
    this.#rooms.set(room, inRoom.set(index, deleted))
    this.#keys.set(key, index)
    this.#tell({ type: 'deleted', message: deleted })
  }

  #learnFloor({ floor: { room, index, id } }: Floor): void {
    if (index <= this.floorAt(room)) return
    this.#floors.set(room, { index, id })
    const inRoom = this.#rooms.get(room)
    for (const message of inRoom?.values() ?? []) {
      if (message.index > index) continue
      inRoom?.delete(message.index)
      this.#keys.delete(idKey(room, message.id))
    }
    this.#tell({ type: 'trimmed', room, upTo: index })
  }

  #tell(gone: Gone): void {
    for (const watcher of this.#watchers) watcher([gone])
  }

  /** The last message of a room that is no longer kept. */
  floor(room: string): Known | undefined {
    return this.#floors.get(room)
  }

  floorAt(room: string): number {
    return this.#floors.get(room)?.index ?? 0
  }

  floors(): ReadonlyMap<string, Known> {
    return this.#floors
  }

  /** What is left of the message at an index, if it was deleted. */
  at(room: string, index: number): Message | undefined {
    return this.#rooms.get(room)?.get(index)
  }

  /** The same of who knows it first, when a message is not where it should be. */
  async ask(room: string, index: number): Promise<Message | undefined> {
    const entries = await Promise.all([this.#store.get(keyOf(room, index)), this.#store.get(floorKey(room))])
    for (const entry of entries) if (entry) this.#learn(JSON.parse(entry.value))
    return this.at(room, index)
  }

  /** The index of a deleted message, by the key of its id. */
  find(key: string): number | undefined {
    return this.#keys.get(key)
  }

  /** What was deleted in all rooms. */
  all(): Message[] {
    return [...this.#rooms.values()].flatMap((inRoom) => [...inRoom.values()])
  }

  /** Those whose text may still be in a stream: whoever deleted them was stopped, or is not done yet. */
  unfinished(): Message[] {
    return [...this.#unfinished.values()]
  }

  isUnfinished(message: Message): boolean {
    return this.#unfinished.has(idKey(message.room, message.id))
  }

  /** Messages of a room that a stream has between two places, as far as they are kept, with what is left of those that were deleted. */
  shown(room: string, messages: Message[], after: number, until: number): Message[] {
    const floor = this.floorAt(room)
    const kept = floor === 0 ? messages : messages.filter(({ index }) => index > floor)
    const inRoom = this.#rooms.get(room)
    if (!inRoom) return kept
    const left = [...inRoom.values()].filter(({ index }) => index > after && index <= until)
    return [...kept.filter(({ index }) => !inRoom.has(index)), ...left].sort((a, b) => a.index - b.index)
  }

  /** How many messages of a room no stream has any more, though they are kept: their texts were deleted. */
  holes(room: string): number {
    return [...(this.#rooms.get(room)?.values() ?? [])].filter((message) => !this.isUnfinished(message)).length
  }

  /** Writes down what is left of a message. */
  async add(message: Message): Promise<void> {
    await this.#put({ deleted: message, isErased: false })
  }

  /** The text of a message is in no stream any more. */
  async finish(message: Message): Promise<void> {
    await this.#put({ deleted: message, isErased: true })
  }

  async #put(record: Deleted): Promise<void> {
    await this.#store.put(keyOf(record.deleted.room, record.deleted.index), JSON.stringify(record))
    this.#learn(record)
  }

  /** Nothing of a room up to a message is kept any more; it is not yet taken out of the stream. A floor never sinks. */
  async raise(room: string, { index, id }: Known): Promise<void> {
    const written: Floor = { floor: { room, index, id } }
    for (;;) {
      const there = await this.#store.get(floorKey(room))
      if (there) this.#learn(JSON.parse(there.value))
      if (this.floorAt(room) >= index) return
      const put = await this.#store.put(floorKey(room), JSON.stringify(written), { expected: there?.revision ?? 0 })
      if (put !== undefined) return this.#learn(written)
    }
  }

  /** What is below the floor needs no records of its own. */
  async forget(messages: readonly Message[]): Promise<void> {
    await Promise.all(
      messages.map(({ room, index }) => {
        const filter = `$KV.${this.#name}.${keyToken(keyOf(room, index))}`
        return this.#connection.patiently(() => this.#connection.manager.streams.purge(`KV_${this.#name}`, { filter }))
      }),
    )
  }

  /** Whether this node is the one to do what is to be done once in a while by one of them. */
  async isTurn(what: string, everyMs: number): Promise<boolean> {
    const key = `swept/${what}`
    const there = await this.#store.get(key)
    const { sweptAt } = there ? JSON.parse(there.value) : { sweptAt: 0 }
    if (Date.now() - sweptAt < everyMs) return false
    const expected = there?.revision ?? 0
    return (await this.#store.put(key, JSON.stringify({ sweptAt: Date.now() }), { expected })) !== undefined
  }

  watch(listener: (gone: readonly Gone[]) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  close(): void {
    this.#ended = true
    this.#watchers.clear()
  }
}

function keyOf(room: string, index: number): string {
  return `deleted/${room}/${index}`
}

function floorKey(room: string): string {
  return `floor/${room}`
}
