import type { PresenceNews } from '@poll-chat/protocol'
import { signal } from '@preact/signals'

/** Who is in a room and who types, as the server last said. */
export class People {
  readonly count = signal(0)
  /** uid → whether it is proven; not all of them in a room of very many. */
  readonly here = signal<ReadonlyMap<string, boolean>>(new Map())
  readonly typing = signal<readonly string[]>([])

  take({ count, typing, here, came, left }: PresenceNews): void {
    this.count.value = count
    this.typing.value = typing
    if (here) this.here.value = new Map(here.map(({ uid, verified }) => [uid, verified]))
    if (!came && !left) return
    const now = new Map(this.here.value)
    for (const uid of left ?? []) now.delete(uid)
    for (const { uid, verified } of came ?? []) now.set(uid, verified)
    this.here.value = now
  }
}
