import { LOCAL } from './addresses.ts'

export type CounterLimits = {
  all: number
  perAddress: number
  /** Whether an address's own limit holds for this machine too. */
  countsLocal: boolean
}

/** How many of something there are at once, by address and in all. Addresses that have none are not kept. */
export class Counter {
  readonly #limits: CounterLimits
  readonly #counts = new Map<string, number>()
  #all = 0

  constructor(limits: CounterLimits) {
    this.#limits = limits
  }

  get all(): number {
    return this.#all
  }

  hasRoom(address: string): boolean {
    if (this.#all >= this.#limits.all) return false
    return !this.#isCounted(address) || (this.#counts.get(address) ?? 0) < this.#limits.perAddress
  }

  enter(address: string): void {
    this.#all++
    if (this.#isCounted(address)) this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1)
  }

  leave(address: string): void {
    this.#all--
    if (!this.#isCounted(address)) return
    const left = (this.#counts.get(address) ?? 1) - 1
    if (left > 0) this.#counts.set(address, left)
    else this.#counts.delete(address)
  }

  #isCounted(address: string): boolean {
    return this.#limits.countsLocal || address !== LOCAL
  }
}
