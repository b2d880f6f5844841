import { against } from './against.mjs'
import { checks } from './waiting-figures.mjs'

export const title = 'Everybody speaks at once'
export const text = `32 publishers send back to back and 1,000 readers wait, each send acknowledged before the next. A server may gather what
is new and answer with many messages at once. Ours puts every message on disk before it acknowledges it; the others have memory
only. nchan runs in the mode in which one answer has all messages that are waiting.`
export const main = 'deliveriesPerCpuSecond'
export const figures = {
  deliveriesPerCpuSecond: { label: 'deliveries per CPU second', better: 'more' },
  publishedPerSecond: { label: 'sent/s' },
  messagesPerAnswer: { label: 'messages per answer' },
  p50Ms: { label: 'p50 ms' },
  p99Ms: { label: 'p99 ms' },
  ...checks,
}
export const curves = []

export function cases({ quick }) {
  return [
    {
      name: '32 publishers, 1,000 readers',
      servers: ['poll-chat', 'floor', 'nchan-multi', 'socket.io'],
      job: {
        kind: 'burst',
        readers: 1000,
        publishers: 32,
        warmMs: quick ? 1000 : 1500,
        measureMs: quick ? 1500 : 5000,
      },
    },
  ]
}

export function measure(name, { job }) {
  return against(name, job)
}
