/**
 * Who is in a room and who is typing, beside the log: in memory, soon out of date, and worth no line of it. Somebody is
 * here as long as a lease lasts, which every way of following renews. Invariants: a version stands for one state of one
 * room, in this thread alone; what is kept for somebody who watches is a function to call.
 */
import {
  MAX_LISTED_PEOPLE,
  MAX_PEOPLE,
  MAX_ROOM_PEOPLE,
  MAX_TYPING_LISTED,
  type Person,
  PRESENCE_LARGE_WAKE_SECONDS,
  PRESENCE_WAKE_SECONDS,
  type PresenceNews,
} from '@poll-chat/protocol'

/** What the others are told: how long somebody is here, or types, from now; or that they have left. */
export type Lease = Person & { room: string; hereMs: number; typingMs?: number; hasLeft?: true }

/** Others that serve the same rooms: threads, or servers. */
export type PresencePeers = {
  announce(lease: Lease): void
  listen(listener: (lease: Lease) => void): void
  /** Where others may have come before: asks them who is with them; `leases` answers those who ask here. */
  introduce?(leases: () => Iterable<Lease>): void
}

/** How often it is looked who has gone, in milliseconds. */
const SWEEP_MS = 1_000

/** Changes kept of a room. Who saw less than these is told all. */
const CHANGES = 256

type Guest = Person & { until: number; announcedUntil: number; typingUntil: number }

type Change = { version: number } & ({ uid: string } | { deleted: number })

type Room = {
  readonly people: Map<string, Guest>
  readonly typing: Set<string>
  readonly watchers: Set<() => void>
  version: number
  /** Who has come, changed or left, or what was deleted, with which version, oldest first; whole since the version `knownSince`. */
  changes: Change[]
  knownSince: number
  wokenAt: number
  wake: NodeJS.Timeout | undefined
}

export class Presence {
  readonly #rooms = new Map<string, Room>()
  readonly #peers: PresencePeers | undefined
  readonly #epoch = crypto.randomUUID().slice(0, 8)
  #version = 0
  #people = 0
  #sweep: NodeJS.Timeout | undefined

  constructor(peers?: PresencePeers) {
    this.#peers = peers
    peers?.listen((lease) => this.#take(lease, false))
    peers?.introduce?.(() => this.#ownLeases())
  }

  /** Of those who came here, not to others. */
  *#ownLeases(): Iterable<Lease> {
    const now = performance.now()
    for (const [room, { people }] of this.#rooms) {
      for (const { uid, verified, announcedUntil, until, typingUntil } of people.values()) {
        if (announcedUntil <= now) continue
        const typing = typingUntil > now && { typingMs: typingUntil - now }
        yield { room, uid, verified, hereMs: until - now, ...typing }
      }
    }
  }

  /** Rooms that it keeps something for. */
  get rooms(): number {
    return this.#rooms.size
  }

  /** Somebody is here for so long at least. */
  renew(room: string, { uid, verified }: Person, forMs: number): void {
    this.#take({ room, uid, verified, hereMs: forMs }, true)
  }

  /** Somebody types, for so long or until a message of theirs comes; 0 is not any more. */
  type(room: string, { uid, verified }: Person, forMs: number): void {
    this.#take({ room, uid, verified, hereMs: forMs, typingMs: forMs }, true)
  }

  /** What somebody typed has been sent. */
  hush(name: string, uid: string): void {
    const room = this.#rooms.get(name)
    const guest = room?.people.get(uid)
    if (room && guest) this.#setTyping(room, guest, 0)
  }

  /** A message was deleted: whoever reads with others is told at once, and shows it no more. */
  erase(name: string, index: number): void {
    const room = this.#rooms.get(name)
    if (room) this.#change(room, { deleted: index })
  }

  /** Somebody has left. Who still reads there under the same name is here again when they ask next. */
  leave(room: string, { uid, verified }: Person): void {
    this.#take({ room, uid, verified, hereMs: 0, hasLeft: true }, true)
  }

  /** All there is to say of a room. */
  now(name: string): PresenceNews {
    const room = this.#rooms.get(name)
    if (!room) return { version: this.#format(0), count: 0, typing: [], here: [] }
    const summary = this.#summary(room)
    return room.people.size > MAX_LISTED_PEOPLE ? summary : { ...summary, here: [...room.people.values()].map(person) }
  }

  /** What has changed since a version: nothing, the difference, or all if the difference is not known any more. */
  since(name: string, seen: string): PresenceNews | undefined {
    const room = this.#rooms.get(name)
    if (this.#format(room?.version ?? 0) === seen) return undefined
    const [epoch, digits] = seen.split('.')
    const version = Number(digits)
    const isKnown = epoch === this.#epoch && room !== undefined && version >= room.knownSince
    if (!isKnown || room.people.size > MAX_LISTED_PEOPLE) return this.now(name)
    const changes = room.changes.filter((change) => change.version > version)
    const uids = new Set(changes.flatMap((change) => ('uid' in change ? change.uid : [])))
    const guests = [...uids].flatMap((uid) => room.people.get(uid) ?? [])
    const left = [...uids].filter((uid) => !room.people.has(uid))
    const deleted = changes.flatMap((change) => ('deleted' in change ? change.deleted : []))
    return { ...this.#summary(room), came: guests.map(person), left, ...(deleted.length > 0 && { deleted }) }
  }

  /**
   * Calls a function once there is something new since a version, at once or later, and perhaps again. Not more often
   * than every two seconds for a room. Returns what ends it.
   */
  watch(name: string, seen: string, wake: () => void): () => void {
    const room = this.#room(name)
    room.watchers.add(wake)
    // Who comes for the first time, or from another thread, need not wait for the others.
    if (!seen.startsWith(this.#epoch)) queueMicrotask(wake)
    else if (this.#format(room.version) !== seen) this.#wakeSoon(room)
    return () => {
      room.watchers.delete(wake)
      this.#dropIfEmpty(name, room)
    }
  }

  close(): void {
    clearInterval(this.#sweep)
    for (const { wake } of this.#rooms.values()) clearTimeout(wake)
    this.#rooms.clear()
  }

  #take(lease: Lease, isOwn: boolean): void {
    if (lease.hasLeft) {
      if (isOwn) this.#peers?.announce(lease)
      return this.#dismiss(lease)
    }
    const room = this.#room(lease.room)
    const guest = room.people.get(lease.uid) ?? this.#admit(room, lease)
    if (!guest) return this.#dropIfEmpty(lease.room, room)
    const now = performance.now()
    guest.until = Math.max(guest.until, now + lease.hereMs)
    if (guest.verified !== lease.verified) {
      guest.verified = lease.verified
      this.#change(room, { uid: guest.uid })
    }
    if (lease.typingMs !== undefined) this.#setTyping(room, guest, lease.typingMs && now + lease.typingMs)
    if (!isOwn) return
    // A poll a second does not tell the other threads each time.
    if (lease.typingMs === undefined && guest.announcedUntil - now > lease.hereMs / 2) return
    guest.announcedUntil = guest.until
    this.#peers?.announce(lease)
  }

  /** Nobody, where there are too many already: presence is a courtesy, and must not fill the memory. */
  #admit(room: Room, { uid, verified }: Lease): Guest | undefined {
    if (room.people.size >= MAX_ROOM_PEOPLE || this.#people >= MAX_PEOPLE) return undefined
    const guest = { uid, verified, until: 0, announcedUntil: 0, typingUntil: 0 }
    room.people.set(uid, guest)
    this.#people++
    this.#sweep ??= setInterval(() => this.#endLeases(), SWEEP_MS).unref()
    this.#change(room, { uid })
    return guest
  }

  #dismiss({ room: name, uid }: Lease): void {
    const room = this.#rooms.get(name)
    const guest = room?.people.get(uid)
    if (!room || !guest) return
    this.#remove(room, guest)
    this.#dropIfEmpty(name, room)
  }

  #remove(room: Room, { uid }: Guest): void {
    room.people.delete(uid)
    room.typing.delete(uid)
    this.#people--
    this.#change(room, { uid })
  }

  #setTyping(room: Room, guest: Guest, until: number): void {
    guest.typingUntil = until
    if (until > 0 === room.typing.has(guest.uid)) return
    if (until > 0) room.typing.add(guest.uid)
    else room.typing.delete(guest.uid)
    this.#change(room)
  }

  #endLeases(): void {
    const now = performance.now()
    for (const [name, room] of this.#rooms) {
      for (const guest of room.people.values()) {
        if (guest.typingUntil > 0 && guest.typingUntil < now) this.#setTyping(room, guest, 0)
        if (guest.until < now) this.#remove(room, guest)
      }
      this.#dropIfEmpty(name, room)
    }
    if (this.#people > 0) return
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }

  /** @param what who has come, changed or left, or what was deleted; nothing where only the typing is another */
  #change(room: Room, what?: { uid: string } | { deleted: number }): void {
    room.version = ++this.#version
    if (what) room.changes.push({ version: room.version, ...what })
    if (room.changes.length > CHANGES) {
      room.changes = room.changes.slice(-CHANGES / 2)
      room.knownSince = room.changes[0]?.version ?? room.version
    }
    this.#wakeSoon(room)
  }

  #wakeSoon(room: Room): void {
    if (room.wake || room.watchers.size === 0) return
    const isLarge = room.people.size > MAX_LISTED_PEOPLE
    const paceMs = (isLarge ? PRESENCE_LARGE_WAKE_SECONDS : PRESENCE_WAKE_SECONDS) * 1_000
    const wake = () => {
      room.wake = undefined
      room.wokenAt = performance.now()
      for (const watcher of room.watchers) watcher()
    }
    room.wake = setTimeout(wake, Math.max(0, room.wokenAt + paceMs - performance.now())).unref()
  }

  #room(name: string): Room {
    let room = this.#rooms.get(name)
    if (!room) {
      room = {
        people: new Map(),
        typing: new Set(),
        watchers: new Set(),
        version: 0,
        changes: [],
        knownSince: this.#version + 1,
        wokenAt: Number.NEGATIVE_INFINITY,
        wake: undefined,
      }
      this.#rooms.set(name, room)
    }
    return room
  }

  #dropIfEmpty(name: string, room: Room): void {
    if (room.people.size > 0 || room.watchers.size > 0) return
    clearTimeout(room.wake)
    if (this.#rooms.get(name) === room) this.#rooms.delete(name)
  }

  #summary(room: Room): PresenceNews {
    const typing = [...room.typing].slice(0, MAX_TYPING_LISTED)
    return { version: this.#format(room.version), count: room.people.size, typing }
  }

  #format(version: number): string {
    return `${this.#epoch}.${version}`
  }
}

function person({ uid, verified }: Guest): Person {
  return { uid, verified }
}
