/** Who listens to changes in a store, by the prefix of the keys. */
export class StoreWatchers {
  readonly #watchers = new Set<{ prefix: string; listener: (key: string) => void }>()

  add(prefix: string, listener: (key: string) => void): () => void {
    const watcher = { prefix, listener }
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  announce(keys: readonly string[]): void {
    for (const { prefix, listener } of this.#watchers) {
      for (const key of keys) if (key.startsWith(prefix)) listener(key)
    }
  }

  clear(): void {
    this.#watchers.clear()
  }
}
