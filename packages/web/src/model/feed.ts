/**
 * Follows all rooms for all tabs of this page. One tab, the leader, asks the server; it tells the others over a channel.
 * The tab that somebody looks at is the leader: a hidden one is slowed down by the browser. Without Web Locks (an
 * address that is neither https nor localhost) every tab follows for itself.
 */
import type { Client, Follow } from '@poll-chat/client'

/** A hidden page asks this often, in milliseconds. */
const HIDDEN_INTERVAL_MS = 15_000

const NAME = 'poll-chat feed'

/** `after`: the cursor that the event follows on. */
export type News = { room: string; after: string; event: Follow }

export type FeedOptions = {
  client: Client
  /** Where each room stands. Asked whenever following begins anew. */
  places: () => ReadonlyMap<string, string>
  /** Hears everything, in whichever tab it was read. */
  onNews: (news: News) => void
}

export class Feed {
  readonly #options: FeedOptions
  readonly #channel = new BroadcastChannel(NAME)
  #leading: AbortController | undefined
  #following: AbortController | undefined

  constructor(options: FeedOptions) {
    this.#options = options
    this.#channel.onmessage = ({ data }: MessageEvent<News>) => options.onNews(data)
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#lead({ steal: true })
      this.restart()
    })
    this.#lead({ steal: !document.hidden })
  }

  /** The rooms are others now. */
  restart(): void {
    if (!this.#leading) return
    this.#following?.abort()
    this.#follow()
  }

  #lead({ steal }: { steal: boolean }): void {
    if (this.#leading) return
    if (!('locks' in navigator)) {
      this.#leading = new AbortController()
      return this.#follow()
    }
    const lead = () =>
      new Promise<void>((resolve) => {
        this.#leading = new AbortController()
        this.#leading.signal.addEventListener('abort', () => resolve())
        this.#follow()
      })
    navigator.locks.request(NAME, { steal }, lead).catch(() => {
      // Another tab has taken over; this one waits until that one is closed.
      this.#leading = undefined
      this.#following?.abort()
      this.#lead({ steal: false })
    })
  }

  #follow(): void {
    const following = new AbortController()
    this.#following = following
    for (const [room, after] of this.#options.places()) {
      this.#followRoom(room, after, following.signal).catch((error: unknown) => reportError(error))
    }
  }

  async #followRoom(room: string, from: string, signal: AbortSignal): Promise<void> {
    const how = document.hidden
      ? ({ mode: 'poll', intervalMs: HIDDEN_INTERVAL_MS } as const)
      : ({ mode: 'long' } as const)
    let after = from
    for await (const event of this.#options.client.follow(room, { ...how, after, signal })) {
      const news = { room, after, event }
      if (event.type === 'batch') after = event.batch.next
      if (event.type === 'reset') after = event.oldest
      this.#options.onNews(news)
      this.#channel.postMessage(news)
    }
  }
}
