import type { PresenceNews } from '@poll-chat/protocol'
import { sanitiseLine } from '../terminal/sanitise.ts'

/** Who is in the room, and who types, as the server tells it in pieces. */
export class People {
  readonly #uid: string
  #here = new Set<string>()
  #typing: readonly string[] = []

  /** @param uid the reader, who is not told of themselves */
  constructor(uid: string) {
    this.#uid = uid
  }

  /** Everybody who is here, the reader included. */
  get here(): readonly string[] {
    return [...this.#here]
  }

  /** The others who type. */
  get typing(): readonly string[] {
    return this.#typing
  }

  take({ here, came = [], left = [], typing }: PresenceNews): void {
    if (here) this.#here = new Set(here.map(({ uid }) => sanitiseLine(uid)))
    for (const { uid } of came) this.#here.add(sanitiseLine(uid))
    for (const uid of left) this.#here.delete(sanitiseLine(uid))
    this.#typing = typing.filter((uid) => uid !== this.#uid).map(sanitiseLine)
  }

  /** Nothing is known while the server cannot be reached. */
  forget(): void {
    this.#here.clear()
    this.#typing = []
  }
}
