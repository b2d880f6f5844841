/**
 * Tells who watches a store of every change, wherever it was made: of this node's own before it is answered, of others'
 * as the bucket delivers them. Each change is told once: its revision is known from both sides.
 */
import { type KV, KvWatchInclude } from '@nats-io/kv'
import { StoreWatchers } from '../store-watchers.ts'
import type { Connection } from './connection.ts'
import { keyFilter, keyOfToken } from './names.ts'

/** Revisions that are remembered as told already: those of the changes that are on their way. */
const REMEMBERED = 1_000

/** How long to wait before asking for changes again, in milliseconds, when that has ended. */
const AGAIN_MS = 500

export class StoreFeed {
  readonly #connection: Connection
  readonly #bucket: KV
  readonly #watchers = new StoreWatchers()
  readonly #filters = new Set<string>()
  readonly #told = new Set<number>()
  #revision: number
  #ended = false

  constructor(connection: Connection, bucket: KV, revision: number) {
    this.#connection = connection
    this.#bucket = bucket
    this.#revision = revision
  }

  watch(prefix: string, listener: (key: string) => void): () => void {
    const filter = keyFilter(prefix)
    if (!this.#filters.has(filter)) {
      this.#filters.add(filter)
      void this.#deliver(filter, this.#revision)
    }
    return this.#watchers.add(prefix, listener)
  }

  announceOwn(key: string, revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
    this.#announce(key, revision)
  }

  /** Goes on from the last change, whatever ends it. */
  async #deliver(filter: string, after: number): Promise<void> {
    let last = after
    while (!this.#ended && !this.#connection.nats.isClosed()) {
      try {
        const changes = await this.#bucket.watch({
          key: filter,
          include: KvWatchInclude.UpdatesOnly,
          headers_only: true,
          resumeFromRevision: last + 1,
        })
        for await (const { key, revision } of changes) {
          last = Math.max(last, revision)
          this.#announce(keyOfToken(key), revision)
        }
      } catch {
        // The cluster does not answer just now.
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref())
    }
  }

  #announce(key: string, revision: number): void {
    if (this.#told.has(revision)) return
    this.#told.add(revision)
    const [oldest] = this.#told
    if (this.#told.size > REMEMBERED && oldest !== undefined) this.#told.delete(oldest)
    this.#watchers.announce([key])
  }

  close(): void {
    this.#ended = true
    this.#watchers.clear()
  }
}
