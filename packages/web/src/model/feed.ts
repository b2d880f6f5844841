/**
 * Follows all rooms for all tabs of this page, by one request at a time. One tab, the leader, asks the server; it tells
 * the others over a channel. The tab that somebody looks at is the leader: a hidden one is slowed down by the browser.
 * Without Web Locks (an address that is neither https nor localhost) every tab follows for itself.
 */
import type { Client, RoomsFollow } from '@poll-chat/client'

/** A hidden page asks this often, in milliseconds. */
const HIDDEN_INTERVAL_MS = 15_000

const NAME = 'poll-chat feed'

/** `after`: the cursor of its room that the event follows on. */
export type News = { event: RoomsFollow; after?: string | undefined }

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

  /** The rooms are others now, or the page is looked at in another way. */
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
    this.#followRooms(following.signal).catch((error: unknown) => reportError(error))
  }

  async #followRooms(signal: AbortSignal): Promise<void> {
    const places = new Map(this.#options.places())
    if (places.size === 0) return
    for await (const event of this.#options.client.followRooms({ rooms: places, ephemeral: true, signal })) {
      const news = 'room' in event ? { event, after: places.get(event.room) } : { event }
      if (event.type === 'batch') places.set(event.room, event.batch.next)
      if (event.type === 'reset') places.set(event.room, event.oldest)
      this.#options.onNews(news)
      if (event.type !== 'refused') this.#channel.postMessage(news) // an error cannot be handed over as it is
      if (document.hidden) await pause(HIDDEN_INTERVAL_MS, signal)
    }
  }
}

/** Ends early when the page is looked at again. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
