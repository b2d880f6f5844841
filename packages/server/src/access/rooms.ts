/**
 * Who may enter a private room: whoever names its key, since another key is another room. What a key has to be safe from is
 * guessing, so a key that opens nothing counts as a wrong one. Invariant: of the keys that one address shows for the first
 * time, one is looked at when the one before has been counted: asking for many at once finds no more than asking in a row.
 */
import type { Limits } from '../limits/limits.ts'
import type { Log } from '../log/contract.ts'
import { isPrivate } from '../log/room-names.ts'

/** Rooms that are remembered for an address. When there are more, all are looked at again. */
const REMEMBERED = 50_000

export class Rooms {
  readonly #log: Pick<Log, 'head'>
  readonly #limits: Limits
  /** Which address has been let into which room, also into an empty one. */
  readonly #entered = new Set<string>()
  /** The last look for each address. */
  readonly #looking = new Map<string, Promise<void>>()

  constructor(log: Pick<Log, 'head'>, limits: Limits) {
    this.#log = log
    this.#limits = limits
  }

  /**
   * At once for public rooms and where somebody of that address was before.
   * @throws ChatError `too-many-requests` when the address has shown too many keys that open nothing
   */
  enter(room: string, address: string): void | Promise<void> {
    if (!isPrivate(room) || this.#entered.has(placeOf(room, address))) return undefined
    const before = this.#looking.get(address)
    const looking = (async () => {
      if (before) await Promise.allSettled([before])
      await this.#look(room, address)
    })()
    this.#looking.set(address, looking)
    return looking.finally(() => {
      if (this.#looking.get(address) === looking) this.#looking.delete(address)
    })
  }

  async #look(room: string, address: string): Promise<void> {
    const lock = this.#limits.lock(address)
    if (lock) throw lock
    if (this.#entered.has(placeOf(room, address))) return
    const { index } = await this.#log.head(room)
    if (index === 0) {
      await this.#limits.wrongKey(address)
      const over = this.#limits.lock(address)
      if (over) throw over
    }
    if (this.#entered.size >= REMEMBERED) this.#entered.clear()
    this.#entered.add(placeOf(room, address))
  }
}

/** No address has a blank. */
function placeOf(room: string, address: string): string {
  return `${address} ${room}`
}
