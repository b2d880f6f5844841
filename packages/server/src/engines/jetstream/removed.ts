/**
 * What is gone of the log: messages that were deleted. A stream only forgets what is taken out of it, so that it is written
 * down first, in a KV bucket, which every node has in memory.
 * Invariant: no text is taken out of a stream before what is left of its message is durable here. What is here is shown as
 * gone, whether it is still in the stream or not.
 */
import type { KV } from '@nats-io/kv'
import type { Message } from '@poll-chat/protocol'
import type { Gone } from '../../log/contract.ts'
import type { Connection } from './connection.ts'
import { idKey } from './names.ts'
import { JetStreamStore } from './store.ts'

/** How long to wait before asking for changes again, in milliseconds, when that has ended. */
const AGAIN_MS = 500

/** What is in the bucket. `isErased`: its text is in no stream any more. */
type Deleted = { deleted: Message; isErased: boolean }

export class Removed {
  readonly #connection: Connection
  readonly #bucket: KV
  readonly #store: JetStreamStore
  readonly #rooms = new Map<string, Map<number, Message>>()
  readonly #keys = new Map<string, number>()
  /** Those whose text may still be in a stream. */
  readonly #unfinished = new Map<string, Message>()
  readonly #watchers = new Set<(gone: readonly Gone[]) => void>()
  #ended = false

  private constructor(connection: Connection, bucket: KV, name: string) {
    this.#connection = connection
    this.#bucket = bucket
    this.#store = new JetStreamStore(connection, bucket, name, 0)
  }

  /** Resolves when it has all that was there. */
  static async open(connection: Connection, bucket: KV, name: string): Promise<Removed> {
    const removed = new Removed(connection, bucket, name)
    const { values } = await bucket.status()
    await new Promise<void>((resolve) => {
      void removed.#deliver(resolve)
      if (values === 0) resolve()
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

  #learn({ deleted, isErased }: Deleted): void {
    const key = idKey(deleted.room, deleted.id)
    if (isErased) this.#unfinished.delete(key)
    else this.#unfinished.set(key, deleted)
    if (this.at(deleted.room, deleted.index)) return
    const inRoom = this.#rooms.get(deleted.room) ?? new Map<number, Message>()
    this.#rooms.set(deleted.room, inRoom.set(deleted.index, deleted))
    this.#keys.set(key, deleted.index)
    for (const watcher of this.#watchers) watcher([{ type: 'deleted', message: deleted }])
  }

  /** What is left of the message at an index, if it was deleted. */
  at(room: string, index: number): Message | undefined {
    return this.#rooms.get(room)?.get(index)
  }

  /** The same of who knows it first, when a message is not where it should be. */
  async ask(room: string, index: number): Promise<Message | undefined> {
    const entry = await this.#store.get(keyOf(room, index))
    if (entry) this.#learn(JSON.parse(entry.value))
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

  /** Messages of a room that a stream has between two places, with what is left of those that were deleted there. */
  shown(room: string, messages: Message[], after: number, until: number): Message[] {
    const inRoom = this.#rooms.get(room)
    if (!inRoom) return messages
    const left = [...inRoom.values()].filter(({ index }) => index > after && index <= until)
    return [...messages.filter(({ index }) => !inRoom.has(index)), ...left].sort((a, b) => a.index - b.index)
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
