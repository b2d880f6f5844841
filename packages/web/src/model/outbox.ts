/**
 * What was written here and is not in the log yet. Kept on this device, so that neither an hour without the server nor
 * closing the page loses it. Sent one after another; an id makes every repetition the same message.
 */

import { type Client, ServerUnreachable } from '@poll-chat/client'
import { ChatError, type Message } from '@poll-chat/protocol'
import { signal } from '@preact/signals'
import { forget, remember, remembered, rememberedNames } from './storage.ts'

export type Letter = { id: string; room: string; text: string; at: number; failed?: string }

const PREFIX = 'outbox.'

/** When nothing tells that the server is back, in milliseconds. */
const RETRY_MS = 5_000

export class Outbox {
  readonly letters = signal<readonly Letter[]>(kept())
  /** Whether the last try found no server. */
  readonly isHeldUp = signal(false)
  readonly #client: Pick<Client, 'send'>
  readonly #onSent: (message: Message, room: string) => void
  #wake = Promise.withResolvers<void>()

  constructor(client: Pick<Client, 'send'>, onSent: (message: Message, room: string) => void) {
    this.#client = client
    this.#onSent = onSent
  }

  add(room: string, text: string): void {
    this.#keep({ id: newId(), room, text, at: Date.now() })
    this.wake()
  }

  retry(id: string): void {
    const letter = this.#find(id)
    if (!letter) return
    this.#drop(id)
    this.#keep({ id, room: letter.room, text: letter.text, at: Date.now() })
    this.wake()
  }

  /** Gives back the text. */
  discard(id: string): string | undefined {
    const letter = this.#find(id)
    this.#drop(id)
    return letter?.text
  }

  /** These are in the log, whatever became of the answer to sending them. */
  acknowledge(messages: readonly Message[]): void {
    for (const { id } of messages) if (this.#find(id)) this.#drop(id)
  }

  /** The server can be reached, or there is something to send. */
  wake(): void {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.wake())
    while (!signal.aborted) {
      const { promise } = this.#wake
      const letter = this.letters.value.find(({ failed }) => failed === undefined)
      if (letter) await this.#send(letter, promise, signal)
      else await promise
    }
  }

  async #send({ id, room, text }: Letter, woken: Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      const { message } = await this.#client.send(text, { room, id, signal, timeoutMs: 15_000 })
      this.isHeldUp.value = false
      this.#onSent(message, room)
      this.#drop(id)
    } catch (error) {
      if (signal.aborted || !this.#find(id)) return
      if (error instanceof ServerUnreachable || (error instanceof ChatError && error.status >= 500)) {
        this.isHeldUp.value = true
        await Promise.race([woken, new Promise((resolve) => setTimeout(resolve, RETRY_MS))])
      } else {
        this.#keep({ id, room, text, at: Date.now(), failed: error instanceof Error ? error.message : String(error) })
      }
    }
  }

  #find(id: string): Letter | undefined {
    return this.letters.value.find((letter) => letter.id === id)
  }

  #keep(letter: Letter): void {
    remember(PREFIX + letter.id, letter)
    const others = this.letters.value.filter(({ id }) => id !== letter.id)
    this.letters.value = [...others, letter]
  }

  #drop(id: string): void {
    forget(PREFIX + id)
    this.letters.value = this.letters.value.filter((letter) => letter.id !== id)
  }
}

/** What an earlier page could not send. If another tab is about to, sending it twice is one message. */
function kept(): Letter[] {
  return rememberedNames(PREFIX)
    .map(remembered)
    .filter(isLetter)
    .sort((a, b) => a.at - b.at)
}

function isLetter(value: unknown): value is Letter {
  if (typeof value !== 'object' || value === null) return false
  const letter: Partial<Record<keyof Letter, unknown>> = value
  return (
    [letter.id, letter.room, letter.text].every((field) => typeof field === 'string') && typeof letter.at === 'number'
  )
}

/** `randomUUID` exists on secure origins only, and a chat in a LAN often is none. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
