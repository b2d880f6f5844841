import type { Client } from '@poll-chat/client'
import type { ChatStore } from './chat-store.ts'
import type { Keep, Letter } from './keep.ts'
import { isRefusal, reasonOf } from './refusal.ts'

/** When nothing tells that the server is back, a send is tried again after this, in milliseconds. */
const RETRY_MS = 5_000

/**
 * What the user has sent and the server has not acknowledged.
 * Invariant: a text leaves it only acknowledged or taken back, and texts are sent one after another in their order.
 */
export class Outbox {
  readonly #keep: Keep | undefined
  readonly #client: Client
  readonly #room: string
  readonly #store: ChatStore
  #waiting: Letter[] = []
  #refused: Letter[] = []
  #sending: AbortController | undefined
  #change = Promise.withResolvers<void>()

  /** @param keep where what is not acknowledged outlives the chat; what lies there is sent first */
  constructor(client: Client, room: string, store: ChatStore, keep?: Keep) {
    this.#client = client
    this.#room = room
    this.#store = store
    this.#keep = keep
    for (const { reason, ...letter } of keep?.letters(room) ?? []) {
      if (reason === undefined) this.#waiting.push(letter)
      else this.#refused.push(letter)
      store.transcript.putLocal(letter.id, letter.text, reason)
    }
  }

  submit(text: string): void {
    this.#enqueue({ id: crypto.randomUUID(), text })
  }

  /** Sends again what was refused. Returns how many. */
  retry(): number {
    const again = this.#refused
    this.#refused = []
    for (const letter of again) {
      this.#store.transcript.settle(letter.id) // it moves behind those that are waiting
      this.#enqueue(letter)
    }
    return again.length
  }

  /** Gives back the text that was refused last, which is then no longer in the outbox. */
  takeBack(): string | undefined {
    const letter = this.#refused.pop()
    if (!letter) return undefined
    this.#keep?.dropLetter(letter.id)
    this.#store.transcript.settle(letter.id)
    this.#store.publish()
    return letter.text
  }

  /** These messages are in the log: whatever became of the answer to sending them. */
  acknowledge(messages: readonly { id: string }[]): void {
    if (this.#waiting.length === 0 && this.#refused.length === 0) return
    const ids = new Set(messages.map(({ id }) => id))
    const first = this.#waiting[0]
    if (first && ids.has(first.id)) this.#sending?.abort()
    for (const { id } of [...this.#waiting, ...this.#refused]) if (ids.has(id)) this.#keep?.dropLetter(id)
    this.#waiting = this.#waiting.filter(({ id }) => !ids.has(id))
    this.#refused = this.#refused.filter(({ id }) => !ids.has(id))
    this.#changed()
  }

  /** The server can be reached again. */
  wake(): void {
    this.#changed()
  }

  /** The texts that were never acknowledged. */
  unsent(): string[] {
    return [...this.#refused, ...this.#waiting].map(({ text }) => text)
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    while (this.#waiting.length > 0) await this.#change.promise
  }

  /** Sends until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#changed(), { once: true })
    while (!signal.aborted) {
      const letter = this.#waiting[0]
      if (letter) await this.#send(letter, signal)
      else await this.#change.promise
    }
  }

  async #send(letter: Letter, signal: AbortSignal): Promise<void> {
    const sending = new AbortController()
    this.#sending = sending
    const change = this.#change.promise
    try {
      const { message } = await this.#client.send(letter.text, {
        room: this.#room,
        id: letter.id,
        signal: AbortSignal.any([signal, sending.signal]),
      })
      this.#keep?.dropLetter(letter.id)
      this.#store.acknowledged(message)
      this.#remove(letter)
    } catch (error) {
      if (signal.aborted || sending.signal.aborted) return
      if (isRefusal(error)) this.#refuse(letter, reasonOf(error))
      else await Promise.race([change, elapsed(RETRY_MS)])
    }
  }

  #enqueue(letter: Letter): void {
    this.#keep?.putLetter(this.#room, letter)
    this.#waiting.push(letter)
    this.#store.transcript.putLocal(letter.id, letter.text)
    this.#store.publish()
    this.#changed()
  }

  #refuse(letter: Letter, reason: string): void {
    this.#keep?.putLetter(this.#room, { ...letter, reason })
    this.#refused.push(letter)
    this.#store.transcript.putLocal(letter.id, letter.text, reason)
    this.#remove(letter)
  }

  #remove(letter: Letter): void {
    this.#waiting = this.#waiting.filter((other) => other !== letter)
    this.#store.publishSoon()
    this.#changed()
  }

  #changed(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
