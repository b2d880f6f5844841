import type { Batch } from '@poll-chat/protocol'
import { openMemory } from '../../src/engines/memory.ts'
import type { Log } from '../../src/log/contract.ts'

/** A memory log that answers reads only when it is let, as an engine with a thread or a network between does. */
export function asynchronousLog() {
  const { log, store } = openMemory()
  const held: (() => void)[] = []
  const slow: Log = {
    append: (draft) => log.append(draft),
    async read(room, after, limit): Promise<Batch> {
      const batch = (async () => log.read(room, after, limit))()
      await Promise.allSettled([batch])
      await new Promise<void>((resolve) => held.push(resolve))
      return batch
    },
    page: (room, limit, before) => log.page(room, limit, before),
    head: (room) => log.head(room),
    rooms: (limit) => log.rooms(limit),
    watch: (listener) => log.watch(listener),
    remove: (room, index) => log.remove(room, index),
    watchGone: (listener) => log.watchGone(listener),
    close: () => log.close(),
  }
  return {
    log: slow,
    store,
    heldReads: () => held.length,
    /** Answers all reads that have been asked so far, with what was there then. */
    release: () => {
      for (const answer of held.splice(0)) answer()
    },
  }
}
