/**
 * Chooses by itself how to ask. It begins with long polls, so that lines appear at once; tries a stream beside them, and
 * moves to it when it has proved to pass; moves back when it is cut. Every way asks with the same cursor, so moving
 * loses and doubles nothing.
 */
import type { Batch } from '@poll-chat/protocol'
import { CursorReset } from '@poll-chat/protocol'
import { isPassing, ServerUnreachable } from './failures.ts'
import type { Way } from './follow.ts'
import { INTERVAL_MS } from './follower.ts'
import { LearnedWait } from './learned-wait.ts'
import { pause } from './pause.ts'
import { probe } from './probe.ts'
import type { EventStream, StreamAsk } from './stream-way.ts'
import { StreamWay } from './stream-way.ts'
import type { ChosenWay, WayMemory } from './types.ts'

/** A stream that is cut sooner than this is not good for anything, in milliseconds. */
const SHORT_LIFE_MS = 60_000

/** Short lives in a row until it is given up. */
const SHORT_LIVES = 2

/** After how long what did not pass is tried again, in milliseconds: somebody may have moved to another network. */
const TRY_AGAIN_MS = 10 * 60_000

type Ask = Parameters<Way['read']>[0]
type StreamName = 'sse' | 'ws'

const NAMES: Record<StreamName, string> = { sse: 'an event stream', ws: 'a WebSocket' }

export type AutoOptions = {
  /** Asks once, by cursor or by inbox. */
  ask: Way['read']
  open: Record<StreamName, (ask: StreamAsk) => EventStream>
  /** Streams to try, in this order. */
  streams: readonly StreamName[]
  memory?: WayMemory | undefined
}

export class AutoWay implements Way {
  readonly #options: AutoOptions
  readonly #over = new AbortController()
  readonly #wait: LearnedWait
  readonly #passedLately: string | undefined
  #chosen: ChosenWay
  #stream: { name: StreamName; way: StreamWay; since: number } | undefined
  #shortLives = 0
  #probing = false
  #probeAt = 0
  #acknowledged: string | undefined

  constructor(options: AutoOptions) {
    this.#options = options
    const kept = options.memory?.get()
    this.#wait = new LearnedWait(kept?.waitSeconds)
    this.#passedLately = kept?.way
    this.#chosen = this.#wait.seconds === 0 ? POLL : { way: 'long', why: 'trying out what passes' }
  }

  get chosen(): ChosenWay {
    return this.#chosen
  }

  async read(ask: Ask): Promise<Batch> {
    if (this.#stream) {
      try {
        this.#acknowledge(ask)
        return await this.#stream.way.read(ask)
      } catch (error) {
        if (error instanceof CursorReset || !isPassing(error) || ask.signal.aborted) throw error
        this.#lost()
      }
      // Was it the stream, or the server? A question without waiting tells, and goes on at once if it can.
      return this.#options.ask({ ...ask, waitSeconds: 0 })
    }
    if (ask.waitSeconds) this.#probeSoon(ask)
    return this.#askLong(ask)
  }

  close(): void {
    this.#over.abort()
    this.#stream?.way.close()
    this.#stream = undefined
  }

  // Long polls

  /** Waits as long as was asked for, by as many requests as that takes: an earlier answer would count as a full server's. */
  async #askLong(ask: Ask): Promise<Batch> {
    if (!ask.waitSeconds) return this.#options.ask(ask)
    const endsAt = performance.now() + ask.waitSeconds * 1_000
    for (;;) {
      const { batch, isEarly } = await this.#askOnce(ask, ask.waitSeconds)
      const { messages, presence, superseded } = batch
      const isNews = messages.length > 0 || presence !== undefined || superseded === true
      if (isNews || isEarly || this.#stream || performance.now() >= endsAt - 1_000) return batch
    }
  }

  /** `isEarly`: the server had enough before the time was over. */
  async #askOnce(ask: Ask, longest: number): Promise<{ batch: Batch; isEarly: boolean }> {
    if (this.#wait.seconds === 0) {
      await pause(INTERVAL_MS, ask.signal)
      return { batch: await this.#options.ask({ ...ask, waitSeconds: 0 }), isEarly: false }
    }
    const waitSeconds = Math.min(longest, this.#wait.seconds)
    const askedAt = performance.now()
    try {
      const batch = await this.#options.ask({ ...ask, waitSeconds })
      this.#wait.survived()
      return { batch, isEarly: performance.now() - askedAt < waitSeconds * 500 }
    } catch (error) {
      const tookMs = performance.now() - askedAt
      if (!(error instanceof ServerUnreachable) || ask.signal.aborted || tookMs < 1_000) throw error
      const batch = await this.#options.ask({ ...ask, waitSeconds: 0 })
      // The server is there: what was cut, was cut on the way.
      if (this.#wait.wasCut(waitSeconds, tookMs, tookMs > waitSeconds * 1_000)) this.#learned()
      return { batch, isEarly: false }
    }
  }

  #learned(): void {
    const { seconds } = this.#wait
    this.#chosen = seconds === 0 ? POLL : { way: 'long', why: `requests are cut after more than ${seconds} s` }
    this.#remember()
  }

  // Streams

  /** Beside the long poll that is about to be asked. */
  #probeSoon({ cursor, limit }: Ask): void {
    if (this.#probing || performance.now() < this.#probeAt) return
    this.#probing = true
    void this.#probeAll({ cursor, limit }).then(() => {
      this.#probing = false
      this.#probeAt = performance.now() + TRY_AGAIN_MS
    })
  }

  /** Never rejects: `probe` makes a verdict of whatever goes wrong. */
  async #probeAll(ask: StreamAsk): Promise<void> {
    const { streams, open } = this.#options
    const before = this.#passedLately
    const whys: string[] = []
    for (const name of streams.toSorted((a, b) => Number(b === before) - Number(a === before))) {
      const verdict = await probe(open[name](ask), name === before, this.#over.signal)
      if (this.#over.signal.aborted) return
      if (verdict?.passes) return this.#moveTo(name)
      if (verdict) whys.push(`${NAMES[name]} ${verdict.why}`)
    }
    if (whys.length > 0) this.#chosen = { ...this.#chosen, why: whys.join(', ') }
  }

  #moveTo(name: StreamName): void {
    const way = new StreamWay(this.#options.open[name])
    this.#stream = { name, way, since: performance.now() }
    this.#chosen = { way: name, why: `${NAMES[name]} passes` }
    this.#remember()
  }

  #lost(): void {
    if (!this.#stream) return
    const { name, way, since } = this.#stream
    const livedMs = performance.now() - since
    this.#shortLives = livedMs < SHORT_LIFE_MS ? this.#shortLives + 1 : 0
    this.#stream.since = performance.now()
    if (this.#shortLives < SHORT_LIVES) return
    way.close()
    this.#stream = undefined
    this.#shortLives = 0
    this.#probeAt = performance.now() + TRY_AGAIN_MS
    this.#chosen = { way: 'long', why: `${NAMES[name]} was cut after ${Math.round(livedMs / 1_000)} s` }
    this.#remember()
  }

  /** A stream acknowledges nothing by itself: where the server remembers the place, it is told beside it. */
  #acknowledge({ inbox, cursor, limit }: Ask): void {
    if (!inbox || cursor === undefined || cursor === this.#acknowledged) return
    this.#acknowledged = cursor
    const ask = { inbox, cursor, limit: Math.min(limit, 1), waitSeconds: 0, signal: this.#over.signal }
    this.#options.ask(ask).catch(() => {
      this.#acknowledged = undefined // the next read tells it again
    })
  }

  #remember(): void {
    const { way } = this.#chosen
    const { seconds } = this.#wait
    this.#options.memory?.set({
      ...((way === 'sse' || way === 'ws') && { way }),
      ...(Number.isFinite(seconds) && { waitSeconds: seconds }),
    })
  }
}

const POLL: ChosenWay = { way: 'poll', why: 'no request may hang for long' }
