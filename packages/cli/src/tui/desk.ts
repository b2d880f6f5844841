import { normaliseName } from '@poll-chat/protocol'
import type { KeptRooms } from '../kept-rooms.ts'
import { t } from '../messages/language.ts'
import { isPrivate, shownRoom } from '../room-keys.ts'
import type { ChatStore } from './chat-store.ts'
import type { Finder } from './finder.ts'
import type { Input } from './input.ts'
import type { Keep } from './keep.ts'
import type { OtherRooms, Unread } from './other-rooms.ts'
import type { Outbox } from './outbox.ts'
import { isRefusal, reasonOf } from './refusal.ts'
import type { Session } from './session.ts'
import type { View } from './view.ts'

/** All that belongs to one room. */
export type Chat = {
  room: string
  store: ChatStore
  outbox: Outbox
  session: Session
  finder: Finder
  input: Input
}

type DeskOptions = {
  first: string
  others: OtherRooms
  keep: Keep | undefined
  privateRooms: KeptRooms
  signal: AbortSignal
}

/** The rooms of one chat, one of which is on the screen. What was typed, scrolled and found in a room stays there. */
export class Desk {
  readonly #make: (room: string) => Chat
  readonly #others: OtherRooms
  readonly #keep: Keep | undefined
  readonly #privateRooms: KeptRooms
  readonly #signal: AbortSignal
  readonly #chats = new Map<string, Chat>()
  readonly #listeners = new Set<() => void>()
  readonly #refused = Promise.withResolvers<never>()
  #visit = new AbortController()
  #current: Chat

  /** @param make opens a room; @param signal ends everything */
  constructor(make: (room: string) => Chat, { first, others, keep, privateRooms, signal }: DeskOptions) {
    this.#make = make
    this.#others = others
    this.#keep = keep
    this.#privateRooms = privateRooms
    this.#signal = signal
    this.#current = this.#chat(first)
  }

  get current(): Chat {
    return this.#current
  }

  get chats(): readonly Chat[] {
    return [...this.#chats.values()]
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly view = (): View => this.#current.store.view()

  /** Runs until the signal aborts. @throws ChatError when the server refuses the first room for good */
  async run(): Promise<void> {
    const { room } = this.#current
    for (const other of this.#keep?.rooms() ?? []) {
      const isOpen = !isPrivate(other) || this.#privateRooms.keyOf(other) !== undefined
      if (other !== room && isOpen) this.#others.add(other, this.#keep?.place(other))
    }
    this.#enter(this.#current)
    await Promise.race([this.#refused.promise, this.#others.run(this.#signal)])
  }

  /** Puts a room on the screen; the one that was there is counted from now on. */
  go(given: string): void {
    const [plain = '', label] = given.split('!')
    const name = normaliseName(plain)
    if (name === undefined) return this.#current.store.hint(t.usage.notARoom(given))
    if (label === undefined) return this.#goTo(name)
    const known = this.#privateRooms.named(name).filter((room) => room.startsWith(`${name}!${label}`))
    const [room] = known
    if (room === undefined) this.#current.store.open({ type: 'key', room: name, words: '' })
    else if (known.length === 1) this.#goTo(room)
    else this.#current.store.hint(t.chat.whichRoom(known.join(', ')))
  }

  enterWithKey(name: string, key: string): void {
    this.#goTo(this.#privateRooms.add(name, key))
  }

  #goTo(room: string): void {
    if (room === this.#current.room) return
    this.#leave()
    this.#current = this.#chat(room)
    this.#enter(this.#current)
  }

  /** The room in which somebody waits for an answer. */
  goNext(): void {
    const room = this.#others.next()
    if (room === undefined) this.#current.store.hint(t.chat.nothingElsewhere)
    else this.#goTo(room)
  }

  showUnread(unread: readonly Unread[]): void {
    this.#current.store.showOthers(unread.filter(({ count }) => count > 0))
  }

  #chat(room: string): Chat {
    let chat = this.#chats.get(room)
    if (!chat) {
      const made = this.#make(room)
      chat = made
      this.#chats.set(room, made)
      made.store.subscribe(() => {
        if (this.#current === made) for (const listener of this.#listeners) listener()
      })
      made.outbox.run(this.#signal).catch(this.#refused.reject)
    }
    return chat
  }

  #leave(): void {
    this.#visit.abort()
    const { room, session, store } = this.#current
    store.saveDraft()
    store.hide()
    void session.farewell()
    this.#others.add(room, session.cursor)
  }

  #enter(chat: Chat): void {
    const { room, session, store } = chat
    this.#others.remove(room)
    this.#visit = new AbortController()
    this.#keep?.addRoom(room)
    store.appear()
    this.showUnread(this.#others.unread)
    session
      .run(AbortSignal.any([this.#signal, this.#visit.signal]))
      .catch((error: unknown) => this.#failed(chat, error))
  }

  /** Without any room there is no chat; a room that one may not enter is left again. */
  #failed(chat: Chat, error: unknown): void {
    const [home] = this.#chats.values()
    if (!home || home === chat || !isRefusal(error)) return this.#refused.reject(error)
    this.#chats.delete(chat.room)
    if (this.#current !== chat) return
    this.#visit.abort()
    chat.store.close()
    this.#current = home
    this.#enter(home)
    home.store.hint(`${shownRoom(chat.room)}: ${reasonOf(error)}`)
  }
}
