/**
 * What one client may ask for, so that others are served all the same: rates and counts per uid, per address and in all.
 * Each HTTP thread has limits of its own: they know its connections only.
 */
import {
  ChatError,
  COUNTS,
  type CountName,
  LOCAL_WRONG_KEYS,
  RATES,
  type Rate,
  type RateName,
} from '@poll-chat/protocol'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { count, Tally } from '../metrics/tally.ts'
import { type Forwarded, LOCAL, NOT_FORWARDED, TrustedProxies } from './addresses.ts'
import { Counter } from './counter.ts'

/** Figures that replace the defaults; `off`: none but what protects the process itself. Given ones hold for this machine too. */
export type LimitFigures = Partial<Record<RateName, Rate> & Record<CountName, number>> | 'off'

export type LimitsOptions = {
  figures?: LimitFigures | undefined
  /** Addresses and networks (CIDR) of proxies whose word about the client's address is taken. */
  trustProxy?: readonly string[] | undefined
}

/** What is sent: who by, where to. `isNew`: whether it would be the room's first message. */
export type Sending = {
  address: string
  uid: string
  verified: boolean
  room: string
  isNew: () => boolean | Promise<boolean>
}

/** Rooms that are known to exist: a room never ceases to, and asking the log costs more than all the rest. */
const ROOMS_REMEMBERED = 10_000

/** Addresses that are kept out at once; from one more on the oldest is let in again. */
const LOCKED = 10_000

export class Limits {
  readonly waiters: Counter
  readonly connections: Counter
  /** What may be kept of answers that are not taken, in bytes. */
  readonly unsentBytes: number
  readonly #figures: Exclude<LimitFigures, 'off'> | undefined
  readonly #hasGiven: boolean
  readonly #proxies: TrustedProxies
  readonly #tally: Tally
  readonly #limiters = new Map<string, RateLimiterMemory>()
  readonly #locked = new Map<string, number>()
  readonly #rooms = new Set<string>()

  constructor({ figures = {}, trustProxy = [] }: LimitsOptions = {}, tally = new Tally()) {
    this.#tally = tally
    this.#figures = figures === 'off' ? undefined : figures
    this.#hasGiven = Object.keys(figures).length > 0
    this.#proxies = new TrustedProxies(trustProxy)
    this.waiters = this.#counter('waiters', 'waiters-per-address')
    this.connections = this.#counter('connections', 'connections-per-address')
    this.unsentBytes = (this.#figures?.['unsent-megabytes'] ?? COUNTS['unsent-megabytes']) * 1e6
  }

  get hasProxies(): boolean {
    return !this.#proxies.isEmpty
  }

  /** Whose a request is, as a key for the others here. `remote`: the socket's other end. */
  addressOf(remote: string | undefined, forwarded: Forwarded): string {
    return this.#proxies.keyOf(remote, forwarded)
  }

  /** Whose a connection is. That of a trusted proxy is of many clients, and no more limited than this machine's own. */
  connectionOf(remote: string | undefined): string {
    return this.#proxies.has(remote ?? '') ? LOCAL : this.addressOf(remote, NOT_FORWARDED)
  }

  /** At once for who has no rates. @throws ChatError `too-many-requests` */
  admitSend(sending: Sending): void | Promise<void> {
    return this.#figures && (sending.address !== LOCAL || this.#hasGiven) ? this.#admitSend(sending) : undefined
  }

  async #admitSend({ address, uid, verified, room, isNew }: Sending): Promise<void> {
    await this.#take('sends-per-address', address, address)
    // An unproven uid is anybody's: a stranger who uses it must not silence its owner.
    await this.#take('sends-per-uid', address, verified ? uid : `${address} ${uid}`)
    await this.#take('sends', address)
    if (!this.#rate('rooms-per-address', address) && !this.#rate('rooms', address)) return
    if (this.#rooms.has(room)) return
    if (await isNew()) {
      await this.#take('rooms-per-address', address, address)
      await this.#take('rooms', address)
    }
    if (this.#rooms.size >= ROOMS_REMEMBERED) this.#rooms.clear()
    this.#rooms.add(room)
  }

  /** For what remembers a uid that was not known: an inbox, a claim. @throws ChatError `too-many-requests` */
  async admitUid(address: string): Promise<void> {
    await this.#take('uids-per-address', address, address)
    await this.#take('uids', address)
  }

  /** What refuses whoever has shown too many wrong keys, whatever they show now: else the last guess would be right. */
  lock(address: string): ChatError | undefined {
    if (this.#locked.size === 0) return undefined
    const until = this.#locked.get(address)
    if (until === undefined) return undefined
    const leftMs = until - performance.now()
    if (leftMs > 0) {
      count(this.#tally.rateLimited, 'wrong-keys-per-address')
      return tooMany('wrong-keys-per-address', leftMs)
    }
    this.#locked.delete(address)
    return undefined
  }

  /** Takes note of a wrong key, or of any other secret that was guessed wrong. */
  async wrongKey(address: string): Promise<void> {
    const over = await this.#over('wrong-keys-per-address', address, address)
    if (over === undefined) return
    const [oldest] = this.#locked.keys()
    if (oldest !== undefined && this.#locked.size >= LOCKED) this.#locked.delete(oldest)
    this.#locked.set(address, performance.now() + over)
  }

  async #take(name: RateName, address: string, key = 'all'): Promise<void> {
    const over = await this.#over(name, address, key)
    if (over === undefined) return
    count(this.#tally.rateLimited, name)
    throw tooMany(name, over)
  }

  /** Counts one more; over the limit, for how long it is, in milliseconds. */
  async #over(name: RateName, address: string, key: string): Promise<number | undefined> {
    const rate = this.#rate(name, address)
    if (!rate) return undefined
    const id = `${name} ${rate.count}/${rate.seconds}`
    const limiter = this.#limiters.get(id) ?? new RateLimiterMemory({ points: rate.count, duration: rate.seconds })
    this.#limiters.set(id, limiter)
    try {
      await limiter.consume(key)
      return undefined
    } catch (over) {
      if (over instanceof RateLimiterRes) return over.msBeforeNext
      throw over
    }
  }

  /** The rate that holds for an address, if one does. */
  #rate(name: RateName, address: string): Rate | undefined {
    if (!this.#figures) return undefined
    const given = this.#figures[name]
    if (given) return given
    if (address !== LOCAL) return RATES[name]
    return name === 'wrong-keys-per-address' ? LOCAL_WRONG_KEYS : undefined
  }

  #counter(all: CountName, perAddress: CountName): Counter {
    const figures = this.#figures ?? { [perAddress]: Number.POSITIVE_INFINITY }
    return new Counter({
      all: figures[all] ?? COUNTS[all],
      perAddress: figures[perAddress] ?? COUNTS[perAddress],
      countsLocal: figures[perAddress] !== undefined,
    })
  }
}

const WHAT: Record<RateName, string> = {
  'sends-per-uid': 'messages from this uid',
  'sends-per-address': 'messages from this address',
  sends: 'messages in all',
  'uids-per-address': 'new uids from this address',
  uids: 'new uids in all',
  'rooms-per-address': 'new rooms from this address',
  rooms: 'new rooms in all',
  'wrong-keys-per-address': 'wrong keys from this address',
}

function tooMany(name: RateName, leftMs: number): ChatError {
  const retryAfterMs = Math.ceil(leftMs)
  return new ChatError('too-many-requests', `Too many ${WHAT[name]}; wait ${Math.ceil(retryAfterMs / 1000)} s.`, {
    retryAfterMs,
  })
}
