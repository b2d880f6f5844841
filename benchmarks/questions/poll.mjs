import { serveHas } from '../servers/poll-chat.mjs'
import { against } from './against.mjs'

export const title = 'Short polls when nothing is new'
export const text = `50 connections ask back to back for what comes after the newest message. nchan has no empty short poll; it
answers with its newest message, which is its cheapest. With the lane off, everything of ours goes through node:http and Hono. With more threads the server is not
pinned and shares the cores with the load generator, so only the figure per CPU second can be compared.`
export const main = 'requestsPerCpuSecond'
export const figures = {
  requestsPerCpuSecond: { label: 'requests per CPU second', better: 'more' },
  requestsPerSecond: { label: 'requests/s' },
  p50Ms: { label: 'p50 ms' },
  p99Ms: { label: 'p99 ms' },
}
export const curves = [
  { file: 'poll-threads', series: 'threads', title: 'Short polls', x: 'threads', y: 'requestsPerCpuSecond' },
]

export function cases({ quick }) {
  const threads = quick ? [] : [1, 2, 4]
  return [
    { name: '50 connections', servers: ['poll-chat', 'floor', 'nchan'], job: job(quick) },
    { name: '50 connections, --lane off', servers: ['poll-chat'], job: job(quick), lane: 'off' },
    ...threads.map((count) => ({
      name: `${count} thread${count === 1 ? '' : 's'}`,
      servers: ['poll-chat'],
      series: 'threads',
      x: count,
      job: job(quick),
      threads: count,
    })),
  ]
}

function job(quick) {
  return { kind: 'poll', connections: 50, warmMs: quick ? 500 : 1500, measureMs: quick ? 1000 : 3000 }
}

export function missing({ threads }) {
  return threads && !serveHas('--threads') ? 'serve has no --threads yet' : undefined
}

export function measure(name, { job, threads, lane }) {
  if (!threads) return against(name, job, { start: { lane } })
  return against(name, job, { start: { threads, core: null }, load: { core: null } })
}
