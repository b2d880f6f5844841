import { storeForPollChat } from '../servers/stored.mjs'
import { against } from './against.mjs'

export const title = 'A page anywhere in a long room'
export const text = `One connection reads pages of 100 messages at random places, backwards and forwards, one after the other. The first and
last tenth of the room apart show whether the place matters. The floor has all messages in memory, ready as JSON.`
export const main = 'cpuPerPageUs'
export const figures = {
  cpuPerPageUs: { label: 'CPU µs per page', better: 'less' },
  p50Ms: { label: 'p50 ms' },
  p99Ms: { label: 'p99 ms' },
  firstTenthP50Ms: { label: 'first tenth p50 ms' },
  lastTenthP50Ms: { label: 'last tenth p50 ms' },
  errors: { label: 'wrong', check: true },
}
export const curves = [
  { file: 'page-stored', series: 'stored', title: 'Reading a page of 100', x: 'stored messages', y: 'cpuPerPageUs' },
]

export function cases({ quick }) {
  const sizes = quick ? [10_000] : [1000, 10_000, 100_000, 1_000_000]
  return sizes.map((stored) => ({
    name: `${stored.toLocaleString('en-US')} stored`,
    servers: stored === sizes[0] || stored === sizes.at(-1) ? ['poll-chat', 'floor'] : ['poll-chat'],
    series: 'stored',
    x: stored,
    stored,
    job: { kind: 'page', stored, warmMs: quick ? 500 : 1000, measureMs: quick ? 1000 : 2000 },
  }))
}

export function measure(name, { job, stored }) {
  const prepare = (data) => storeForPollChat(data, stored)
  return against(name, job, { start: { stored, prepare } })
}
