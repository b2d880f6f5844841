import { descriptorLimit } from '../os.mjs'
import { against } from './against.mjs'
import { atMost, checks } from './waiting-figures.mjs'

export const title = 'Holding those who wait'
export const text = `Resident memory of the server with everybody waiting, less what it had before, for each waiter; and what it does
while nothing happens, in percent of a core. Then one message goes to all of them, which shows that all were waiting.`
export const main = 'rssPerWaiterKb'
export const figures = {
  rssPerWaiterKb: { label: 'kB per waiter', better: 'less' },
  rssMb: { label: 'RSS MB' },
  idleCpuPct: { label: 'idle CPU %' },
  openCpuUs: { label: 'CPU µs to begin' },
  ...checks,
}
export const curves = [{ file: 'park', series: 'waiters', title: 'Memory', x: 'waiters', y: 'rssMb', isLinear: true }]

export function cases({ quick }) {
  const most = atMost(20_000, descriptorLimit())
  const waiters = quick
    ? [{ n: 1000, servers: ['poll-chat', 'floor', 'nchan'] }]
    : [
        { n: 100, servers: ['poll-chat'] },
        { n: 1000, servers: ['poll-chat', 'nchan'] },
        { n: Math.min(10_000, most), servers: ['poll-chat', 'floor', 'nchan', 'socket.io'] },
        { n: most, servers: ['poll-chat'] },
      ]
  return waiters.map(({ n, servers }) => ({
    name: `${n.toLocaleString('en-US')} waiters`,
    servers,
    series: 'waiters',
    x: n,
    job: { kind: 'waiting', n, warm: 0, messages: 1, everyMs: 500, idleMs: quick ? 500 : 2000 },
  }))
}

export function measure(name, { job }) {
  return against(name, job, { load: { timeoutMs: 150_000 } })
}
