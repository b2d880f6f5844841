/** The contract `Store` on a KV bucket, which is read where it is written: at its leader. */
import type { KV } from '@nats-io/kv'
import { headers } from '@nats-io/transport-node'
import type { Entry, PutOptions, Store } from '../../log/contract.ts'
import type { Connection } from './connection.ts'
import { isWrongLastSequence, Unsettled } from './failures.ts'
import { keyFilter, keyOfToken, keyToken, LAYOUT_KEY } from './names.ts'
import { StoreFeed } from './store-feed.ts'
import { Trust } from './trust.ts'

const DELETION = headers()
DELETION.set('KV-Operation', 'DEL')

export class JetStreamStore implements Store {
  readonly #connection: Connection
  readonly #bucket: KV
  readonly #subject: string
  readonly #feed: StoreFeed
  readonly #trust: Trust

  /** `revision`: one that the bucket has reached. */
  constructor(connection: Connection, bucket: KV, bucketName: string, revision: number) {
    this.#connection = connection
    this.#bucket = bucket
    this.#subject = `$KV.${bucketName}.`
    this.#feed = new StoreFeed(connection, bucket, revision)
    this.#trust = new Trust(connection.isCluster)
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
        const revision = await this.#putOnce(keyToken(key), value, expected)
        if (revision !== undefined) await this.#makeSure(key, revision)
        return revision
      })
      if (revision === undefined) return undefined
      this.#feed.announceOwn(key, revision)
      return revision
    } catch (error) {
      if (isWrongLastSequence(error)) return undefined
      throw error
    }
  }

  /**
   * What cannot succeed is not tried: a change that a replica of NATS 2.9 has refused can make it differ from the others
   * when it is restarted.
   */
  async #putOnce(token: string, value: string, expected: number | undefined): Promise<number | undefined> {
    if (expected === undefined) return this.#bucket.put(token, value)
    if (expected > 0) return this.#bucket.update(token, value, expected)
    const there = await this.#bucket.get(token)
    if (there?.operation === 'PUT') return undefined
    return there ? this.#bucket.update(token, value, there.revision) : this.#bucket.create(token, value)
  }

  /** @throws Unsettled when it is not there after all */
  async #makeSure(key: string, revision: number): Promise<void> {
    if (this.#trust.acknowledged()) return
    await this.#trust.settle()
    const there = await this.#bucket.get(keyToken(key))
    if ((there?.revision ?? 0) < revision) throw new Unsettled()
    this.#trust.confirm()
  }

  async delete(key: string): Promise<void> {
    const revision = await this.#connection.patiently(async () => {
      const { seq } = await this.#connection.jetstream.publish(this.#subject + keyToken(key), '', { headers: DELETION })
      await this.#makeSure(key, seq)
      return seq
    })
    this.#feed.announceOwn(key, revision)
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
