/** A thread's tally in the words of Prometheus (https://prometheus.io/docs/practices/naming/). */
import type { Distribution, Tally } from './tally.ts'

type Value = { value: number; labels: Record<string, string>; metricName?: string }

/** As prom-client has it. Of several threads `sum` adds up what has the same labels; `first` is what all of them share. */
export type Metric = {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  aggregator: 'sum' | 'first'
  values: Value[]
}

/** What there is of something at this moment. */
export type Gauges = { waiters: number; connections: number }

export function measuresOf(tally: Tally, { waiters, connections }: Gauges): Metric[] {
  return [
    gauge('poll_chat_waiters', 'Readers who wait for a message at this moment, those of streams included.', waiters),
    gauge('poll_chat_connections', 'Open connections.', connections),
    counter('poll_chat_reads_total', 'Questions for messages: polls, and the steps of streams.', tally.reads),
    counter('poll_chat_shed_polls_total', 'Polls answered at once because too many wait already.', tally.shed),
    counter('poll_chat_wakes_total', 'Wakes of a room because of something new.', tally.wakes),
    histogram(
      'poll_chat_deliver_lag_seconds',
      'From a message becoming durable and known here to the answer of each reader who waited for it.',
      tally.deliverLag,
    ),
    counter('poll_chat_sends_total', 'Messages acknowledged, duplicates included.', tally.sends),
    counter('poll_chat_duplicate_sends_total', 'Sends of a message that was there already.', tally.duplicates),
    labelled('poll_chat_resets_total', 'Cursors that could not be honoured.', 'reason', Object.entries(tally.resets)),
    labelled('poll_chat_problems_total', 'Requests answered with a problem document.', 'code', tally.problems),
    labelled('poll_chat_rate_limited_total', 'Requests over a limit.', 'limit', tally.rateLimited),
    counter('poll_chat_refused_connections_total', 'Connections over a limit.', tally.refusedConnections),
    counter(
      'poll_chat_cut_readers_total',
      'Connections, and streams of HTTP/2, cut because too much is kept of answers that are not taken.',
      tally.cutReaders,
    ),
    histogram('poll_chat_commit_seconds', 'Time to make a group of writes durable.', tally.commits),
    histogram('poll_chat_commit_writes', 'Writes made durable together.', tally.groups),
    counter('poll_chat_engine_errors_total', 'What the engine was asked and could not do.', tally.engineErrors),
  ]
}

export function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: 'gauge', aggregator: 'sum', values: [{ value, labels: {} }] }
}

export function counter(name: string, help: string, value: number): Metric {
  return { ...gauge(name, help, value), type: 'counter' }
}

function labelled(name: string, help: string, label: string, counts: Iterable<[string, number]>): Metric {
  const values = Array.from(counts, ([key, value]) => ({ value, labels: { [label]: key } }))
  return { name, help, type: 'counter', aggregator: 'sum', values }
}

/** Buckets are cumulative: each has what those before it have. */
function histogram(name: string, help: string, { bounds, counts, sum }: Distribution): Metric {
  let total = 0
  const buckets = counts.map((count, place): Value => {
    total += count
    return { metricName: `${name}_bucket`, labels: { le: `${bounds[place] ?? '+Inf'}` }, value: total }
  })
  const values = [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, value: sum },
    { metricName: `${name}_count`, labels: {}, value: total },
  ]
  return { name, help, type: 'histogram', aggregator: 'sum', values }
}
