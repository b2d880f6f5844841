/**
 * Who may speak as a uid and read its inboxes: nobody who is known to be another. The first request that shows a claim for
 * a free uid makes it its own; only a digest of the claim is stored. One decision for every way in.
 * Invariant: what is remembered here of a uid is what the store has, or a change to it is on its way to this thread.
 */
import { timingSafeEqual } from 'node:crypto'
import { ANONYMOUS_UID, ChatError, type Sender, type UidSummary } from '@poll-chat/protocol'
import { LOCAL } from '../limits/addresses.ts'
import type { Limits } from '../limits/limits.ts'
import type { Store } from '../log/contract.ts'
import { sha256 } from '../middleware/identity.ts'

/** What the store has about a uid. `claim` is the SHA-256 of the secret, in hex. */
type Record = { claim?: string; banned?: true }

/** `revision` is 0 where the store has nothing. */
type Known = { record: Record; revision: number }

const PREFIX = 'uid/'

/** Uids that are remembered: more than speak at once anywhere, and few enough to hold (about 10 MB). */
const REMEMBERED = 50_000

export class Uids {
  readonly #store: Store
  readonly #limits: Limits
  readonly #known = new Map<string, Known>()
  readonly #reading = new Map<string, Promise<Known>>()

  constructor(store: Store, limits: Limits) {
    this.#store = store
    this.#limits = limits
    store.watch(PREFIX, (key) => this.#forget(key.slice(PREFIX.length)))
  }

  /**
   * Who the log is told that it was. At once for whoever is remembered; a free uid that is claimed, when that is durable.
   * `address` is whose attempt it counts as.
   * @throws ChatError `uid-taken`, `banned`; `too-many-requests`; `log-unavailable`
   */
  admit(uid: string, claim: string | undefined, address = LOCAL): Sender | Promise<Sender> {
    const known = this.#known.get(uid)
    return known ? this.#decide(uid, claim, known, address) : this.#admitUnknown(uid, claim, address)
  }

  /** Lets somebody else claim it. */
  free(uid: string): Promise<UidSummary> {
    return this.#change(uid, ({ claim: _, ...rest }) => rest)
  }

  ban(uid: string): Promise<UidSummary> {
    return this.#change(uid, (record) => ({ ...record, banned: true }))
  }

  unban(uid: string): Promise<UidSummary> {
    return this.#change(uid, ({ banned: _, ...rest }) => rest)
  }

  /** Until nobody else has changed it meanwhile. */
  async #change(uid: string, change: (record: Record) => Record): Promise<UidSummary> {
    for (;;) {
      const { record, revision } = await this.#read(uid)
      const changed = change(record)
      const put = await this.#put(uid, changed, revision)
      if (put) return { uid, claimed: changed.claim !== undefined, banned: changed.banned === true }
    }
  }

  /** False, and nothing stored, when there is another revision by now. */
  async #put(uid: string, record: Record, expected: number): Promise<boolean> {
    return (await this.#store.put(PREFIX + uid, JSON.stringify(record), { expected })) !== undefined
  }

  async #admitUnknown(uid: string, claim: string | undefined, address: string): Promise<Sender> {
    return this.#decide(uid, claim, await this.#read(uid), address)
  }

  #decide(uid: string, claim: string | undefined, known: Known, address: string): Sender | Promise<Sender> {
    const { record } = known
    if (record.banned) throw new ChatError('banned', `"${uid}" is banned from this server. Its operator can lift that.`)
    if (record.claim !== undefined) {
      if (claim === undefined) throw taken(uid)
      if (!isDigestOf(record.claim, claim)) {
        void this.#limits.wrongKey(address)
        throw taken(uid)
      }
      return { uid, verified: true }
    }
    // What nobody is by name cannot be one person's.
    if (claim === undefined || uid === ANONYMOUS_UID) return { uid, verified: false }
    return this.#claim(uid, claim, known, address)
  }

  async #claim(uid: string, claim: string, { record, revision }: Known, address: string): Promise<Sender> {
    await this.#limits.admitUid(address)
    const put = await this.#put(uid, { ...record, claim: sha256(claim).toString('hex') }, revision)
    // Somebody was quicker, perhaps another request of the same person.
    return put ? { uid, verified: true } : this.#decide(uid, claim, await this.#read(uid), address)
  }

  /** Reads once for all who ask meanwhile. What changed meanwhile is not remembered as it was before. */
  #read(uid: string): Promise<Known> {
    const underWay = this.#reading.get(uid)
    if (underWay) return underWay
    const reading = this.#store
      .get(PREFIX + uid)
      .then((entry) => {
        const known = entry
          ? { record: JSON.parse(entry.value), revision: entry.revision }
          : { record: {}, revision: 0 }
        if (this.#reading.get(uid) === reading) this.#remember(uid, known)
        return known
      })
      .finally(() => {
        if (this.#reading.get(uid) === reading) this.#reading.delete(uid)
      })
    this.#reading.set(uid, reading)
    return reading
  }

  #remember(uid: string, known: Known): void {
    if (this.#known.size >= REMEMBERED) this.#known.clear()
    this.#known.set(uid, known)
  }

  #forget(uid: string): void {
    this.#known.delete(uid)
    this.#reading.delete(uid)
  }
}

function isDigestOf(hex: string, claim: string): boolean {
  return timingSafeEqual(Buffer.from(hex, 'hex'), sha256(claim))
}

function taken(uid: string): ChatError {
  return new ChatError(
    'uid-taken',
    `"${uid}" is taken: somebody has claimed it, and this request does not show that claim.`,
  )
}
