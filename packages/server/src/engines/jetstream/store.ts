/** The contract `Store` on a KV bucket, which is read where it is written: at its leader. */
import type { KV } from '@nats-io/kv'
import { headers } from '@nats-io/transport-node'
import type { Entry, PutOptions, Store } from '../../log/contract.ts'
import type { Connection } from './connection.ts'
import { isWrongLastSequence } from './failures.ts'
import { keyFilter, keyOfToken, keyToken, LAYOUT_KEY } from './names.ts'
import { StoreFeed } from './store-feed.ts'

const DELETION = headers()
DELETION.set('KV-Operation', 'DEL')

export class JetStreamStore implements Store {
  readonly #connection: Connection
  readonly #bucket: KV
  readonly #subject: string
  readonly #feed: StoreFeed

  /** `revision`: one that the bucket has reached. */
  constructor(connection: Connection, bucket: KV, bucketName: string, revision: number) {
    this.#connection = connection
    this.#bucket = bucket
    this.#subject = `$KV.${bucketName}.`
    this.#feed = new StoreFeed(connection, bucket, revision)
  }

  get(key: string): Promise<Entry | undefined> {
    return this.#connection.patiently(() => this.#getOnce(key))
  }

  async #getOnce(key: string): Promise<Entry | undefined> {
    const entry = await this.#bucket.get(keyToken(key))
    return entry && entry.operation === 'PUT' ? { value: entry.string(), revision: entry.revision } : undefined
  }

  async put(key: string, value: string, { expected }: PutOptions = {}): Promise<number | undefined> {
    try {
      const revision = await this.#connection.patiently(async (attempt) => {
        // The one before may have been stored without an answer.
        const stored = attempt > 1 ? await this.#getOnce(key) : undefined
        if (stored?.value === value && stored.revision > (expected ?? 0)) return stored.revision
        return this.#putOnce(keyToken(key), value, expected)
      })
      this.#feed.announceOwn(key, revision)
      return revision
    } catch (error) {
      if (isWrongLastSequence(error)) return undefined
      throw error
    }
  }

  #putOnce(token: string, value: string, expected: number | undefined): Promise<number> {
    if (expected === undefined) return this.#bucket.put(token, value)
    return expected === 0 ? this.#bucket.create(token, value) : this.#bucket.update(token, value, expected)
  }

  async delete(key: string): Promise<void> {
    const { seq } = await this.#connection.patiently(() =>
      this.#connection.jetstream.publish(this.#subject + keyToken(key), '', { headers: DELETION }),
    )
    this.#feed.announceOwn(key, seq)
  }

  async list(prefix: string): Promise<string[]> {
    const keys = await this.#connection.patiently(async () => {
      const found: string[] = []
      for await (const token of await this.#bucket.keys(keyFilter(prefix))) {
        if (token !== LAYOUT_KEY) found.push(keyOfToken(token))
      }
      return found
    })
    return keys.filter((key) => key.startsWith(prefix)).sort()
  }

  watch(prefix: string, listener: (key: string) => void): () => void {
    return this.#feed.watch(prefix, listener)
  }

  close(): void {
    this.#feed.close()
  }
}
