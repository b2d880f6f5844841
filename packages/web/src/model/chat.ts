/** All that the page knows while somebody chats: the rooms, which one is open, the connection, what is to be sent. */

import type { Client, Status } from '@poll-chat/client'
import { DEFAULT_ROOM, type Message, normaliseName, textFault } from '@poll-chat/protocol'
import { computed, signal } from '@preact/signals'
import { Feed, type News } from './feed.ts'
import { notify } from './notifications.ts'
import { Outbox } from './outbox.ts'
import { canEnter, forgetRoomKey, privateRoom } from './private-rooms.ts'
import { Room } from './room.ts'
import { onChanged, remember, remembered } from './storage.ts'

/** Messages in the first page of a room, and in each older one. */
const PAGE = 60

/** How long somebody counts as writing, in milliseconds, unless told again. */
const TYPING_MS = 8_000

const ROOMS = 'rooms'

export type Connection = { state: 'connecting' } | Status

export class Chat {
  readonly uid: string
  readonly client: Client
  /** That of the server, for those who are invited. */
  readonly key: string | undefined
  readonly outbox: Outbox
  readonly rooms = signal<readonly Room[]>([])
  readonly connection = signal<Connection>({ state: 'connecting' })
  /** Whether the end of the open room is in sight, so that what comes is read. */
  readonly isAtEnd = signal(true)
  readonly #current = signal('')
  readonly #feed: Feed
  readonly #ended = new AbortController()
  #tellTypingAt = 0

  readonly current = computed(() => {
    const room = this.rooms.value.find(({ name }) => name === this.#current.value) ?? this.rooms.value[0]
    if (!room) throw new Error('There is always a room.')
    return room
  })

  readonly unread = computed(() => this.rooms.value.reduce((sum, room) => sum + room.unread.value, 0))

  constructor(client: Client, uid: string, key: string | undefined, invitedTo?: string) {
    this.client = client
    this.uid = uid
    this.key = key
    this.outbox = new Outbox(client, (message, room) => this.#onSent(message, room))
    for (const name of new Set([...keptRooms(), ...(invitedTo === undefined ? [] : [invitedTo])])) this.#addRoom(name)
    if (this.rooms.value.length === 0) this.#addRoom(DEFAULT_ROOM)
    if (invitedTo !== undefined) this.#keepRooms()
    this.#current.value = invitedTo ?? this.rooms.value[0]?.name ?? DEFAULT_ROOM
    this.#feed = new Feed({ client, places: () => this.#places(), onNews: (news) => this.#hear(news) })
    document.addEventListener('visibilitychange', () => this.#look())
    onChanged('rooms', () => this.#syncRooms())
    this.outbox.run(this.#ended.signal).catch(reportError)
    this.current.value.open()
  }

  /** Opens the room of that name, the private one where there is a key. Returns what cannot be one of a room. */
  openRoom(given: string, key = ''): 'name' | 'key' | undefined {
    const title = normaliseName(given.trim())
    if (title === undefined) return 'name'
    const name = key.trim() === '' ? title : privateRoom(title, key.trim())
    if (name === undefined) return 'key'
    this.show(name)
    return undefined
  }

  /** Makes the room the open one; joins it if it is new here. */
  show(name: string): void {
    if (!this.rooms.value.some((room) => room.name === name)) {
      this.#addRoom(name)
      this.#keepRooms()
    }
    if (name !== this.current.value.name) {
      this.current.value.trim()
      this.#current.value = name
      this.isAtEnd.value = true
      this.current.value.open()
    }
  }

  leaveRoom(name: string): void {
    if (this.rooms.value.length === 1) return
    this.rooms.value = this.rooms.value.filter((room) => room.name !== name)
    this.#keepRooms()
    forgetRoomKey(name)
    this.#feed.restart()
  }

  /** The room before or after the open one. */
  openNeighbour(step: 1 | -1): void {
    const names = this.rooms.value.map(({ name }) => name)
    const next = names[(names.indexOf(this.current.value.name) + step + names.length) % names.length]
    if (next !== undefined) this.show(next)
  }

  /** Returns what is wrong with the text, or nothing when it is on its way. */
  say(text: string): string | undefined {
    const fault = textFault(text)
    if (fault) return fault.code === 'blank-text' ? '' : fault.detail
    this.outbox.add(this.current.value.name, text)
    this.current.value.keepDraft('')
    this.current.value.firstUnread.value = undefined
    return undefined
  }

  /** Somebody writes here: the others are told, not at every letter. */
  tellTyping(): void {
    const now = performance.now()
    if (now < this.#tellTypingAt) return
    this.#tellTypingAt = now + TYPING_MS / 2
    this.client.typing(this.current.value.name, { forMs: TYPING_MS }).catch(() => undefined) // nobody misses it
  }

  async loadOlder(room: Room): Promise<void> {
    const { before } = room
    if (before === undefined || !room.hasOlder.value) return
    room.addOlder(await this.client.history(room.name, { before, limit: PAGE, signal: this.#ended.signal }))
  }

  /** Sees the end of the open room, or not any more. */
  look(isAtEnd: boolean): void {
    this.isAtEnd.value = isAtEnd
    this.#look()
  }

  #look(): void {
    if (!document.hidden && this.isAtEnd.value) this.current.value.markRead()
  }

  #addRoom(name: string): void {
    const room = new Room(name, this.uid)
    this.rooms.value = [...this.rooms.value, room]
    onChanged(`read.${name}`, () => room.syncRead())
    this.#begin(room).catch(reportError)
  }

  /** Reads the newest page, for as long as it takes to reach the server. */
  async #begin(room: Room): Promise<void> {
    for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 2, 15_000)) {
      try {
        room.begin(await this.client.history(room.name, { limit: PAGE, signal: this.#ended.signal }))
        break
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        this.connection.value = { state: 'reconnecting', retryAt: Date.now() + pauseMs, attempt: 1, reason }
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    }
    if (room === this.current.value) {
      room.open()
      this.#look()
    }
    this.#feed.restart()
    room.people.take(await this.client.presence(room.name, { signal: this.#ended.signal }))
  }

  #places(): ReadonlyMap<string, string> {
    return new Map(this.rooms.value.flatMap(({ name, next }) => (next === undefined ? [] : [[name, next]])))
  }

  #hear({ event, after }: News): void {
    if (event.type === 'status') {
      this.connection.value = event.status
      if (event.status.state === 'live') this.outbox.wake()
      return
    }
    const room = this.rooms.value.find(({ name }) => name === event.room)
    if (!room) return
    if (event.type === 'presence') {
      room.people.take(event.presence)
      room.erase(event.presence.deleted ?? [])
    } else if (event.type === 'refused') room.refusal.value = event.error.message
    else if (event.type === 'reset') room.reset(event.reason, event.oldest)
    else if (isBehind(room, after)) this.#catchUp(room).catch(reportError)
    else this.#take(room, room.take(event.batch))
  }

  /** Another tab reads further ahead than this one has come. */
  async #catchUp(room: Room): Promise<void> {
    for (;;) {
      const batch = await this.client.poll(room.name, { after: room.next ?? '0', signal: this.#ended.signal })
      if (batch.messages.length === 0) return
      this.#take(room, room.take(batch))
    }
  }

  #take(room: Room, fresh: readonly Message[]): void {
    this.outbox.acknowledge(fresh)
    if (room === this.current.value) {
      this.#look()
      if (this.isAtEnd.value) room.trim()
    }
    for (const message of fresh) if (message.from.uid !== this.uid && !message.deleted) notify(this.uid, message)
  }

  #onSent(message: Message, name: string): void {
    this.rooms.value.find((room) => room.name === name)?.add([message])
    this.#look()
  }

  #keepRooms(): void {
    remember(
      ROOMS,
      this.rooms.value.map(({ name }) => name),
    )
  }

  /** Another tab has joined or left one. */
  #syncRooms(): void {
    const names = keptRooms()
    for (const name of names) if (!this.rooms.value.some((room) => room.name === name)) this.#addRoom(name)
    const left = this.rooms.value.filter(({ name }) => names.includes(name))
    if (left.length > 0) this.rooms.value = left
    this.#feed.restart()
  }
}

function keptRooms(): string[] {
  const kept = remembered(ROOMS)
  return Array.isArray(kept) ? kept.filter((name) => typeof name === 'string' && canEnter(name)) : []
}

function isBehind(room: Room, after = '0'): boolean {
  return Number.parseInt(room.next ?? '0', 10) < Number.parseInt(after, 10)
}
