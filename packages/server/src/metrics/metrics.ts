/**
 * What an operator watches. Counting costs an increment where something happens; all else is done when somebody asks, and
 * what writes the answer is loaded then. Invariant: an answer has what all threads have counted, or there is none.
 */
import { ChatError } from '@poll-chat/protocol'
import { VERSION } from '../version.ts'
import { type Gauges, type Metric, measuresOf } from './measures.ts'
import { LoopWatch, processMetrics } from './process.ts'
import type { Tally } from './tally.ts'

/** The other threads, each with what it has counted. */
export type MetricsPeers = {
  /** Rejects when one of them does not answer. */
  ask(): Promise<Metric[][]>
  /** Answers whoever asks. */
  answer(measure: () => Metric[]): void
}

export class Metrics {
  readonly tally: Tally
  readonly #gauges: () => Gauges
  readonly #peers: MetricsPeers | undefined
  readonly #loop = new LoopWatch()

  constructor(tally: Tally, gauges: () => Gauges, peers?: MetricsPeers) {
    this.tally = tally
    this.#gauges = gauges
    this.#peers = peers
    peers?.answer(() => this.#measure())
  }

  /**
   * In Prometheus's text format: https://prometheus.io/docs/instrumenting/exposition_formats/
   * @throws ChatError `internal` when a thread does not answer
   */
  async scrape(): Promise<string> {
    const [{ AggregatorRegistry }, others] = await Promise.all([import('prom-client'), this.#askOthers()])
    const all = [[...this.#measure(), ...processMetrics(VERSION)], ...others]
    return AggregatorRegistry.aggregate(all).metrics()
  }

  async #askOthers(): Promise<Metric[][]> {
    try {
      return (await this.#peers?.ask()) ?? []
    } catch (cause) {
      throw new ChatError('internal', 'An HTTP thread does not answer; ask again.', { cause })
    }
  }

  #measure(): Metric[] {
    return [...measuresOf(this.tally, this.#gauges()), ...this.#loop.measure()]
  }

  close(): void {
    this.#loop.close()
  }
}
