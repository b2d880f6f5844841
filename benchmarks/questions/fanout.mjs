import { descriptorLimit } from '../os.mjs'
import { against } from './against.mjs'
import { atMost, checks } from './waiting-figures.mjs'

export const title = 'Telling everybody who waits'
export const text = `Every waiter is a long poll on a connection of its own and asks again as soon as it was answered. One message a
second; CPU is all that the server used in that time, the asking again included. "Last" is when the last waiter had it. Over
several rooms the waiters are spread evenly, and each second has one message in every room: then an operation is a send or a
delivery. Where somebody sends elsewhere, the waiters are woken without a pause, and meanwhile a send goes to another room
every 5 ms: how long such a send takes while so many are woken.`
export const main = 'cpuPerDeliveryUs'
export const figures = {
  cpuPerDeliveryUs: { label: 'CPU µs per delivery', better: 'less' },
  cpuPerOperationUs: { label: 'CPU µs per operation' },
  p50Ms: { label: 'p50 ms' },
  p99Ms: { label: 'p99 ms' },
  lastMs: { label: 'last ms' },
  sendP50Ms: { label: 'send elsewhere p50 ms' },
  sendP99Ms: { label: 'send elsewhere p99 ms' },
  ...checks,
}
export const curves = [
  { file: 'fanout-waiters', series: 'waiters', title: 'Fan-out', x: 'waiters', y: 'cpuPerDeliveryUs' },
  { file: 'fanout-rooms', series: 'rooms', title: '1,000 waiters over rooms', x: 'rooms', y: 'cpuPerOperationUs' },
]

export function cases({ quick }) {
  const most = atMost(20_000, descriptorLimit())
  const waiters = quick
    ? [{ n: 1000, servers: ['poll-chat', 'floor', 'nchan', 'socket.io'] }]
    : [
        { n: 100, servers: ['poll-chat', 'nchan'] },
        { n: 1000, servers: ['poll-chat', 'floor', 'nchan', 'socket.io'] },
        { n: Math.min(10_000, most), servers: ['poll-chat', 'floor', 'nchan'] },
        { n: most, servers: ['poll-chat'] },
      ]
  const beside = quick ? 1000 : Math.min(10_000, most)
  const rooms = quick ? [100] : [1, 10, 100, 1000]
  return [
    ...waiters.map(({ n, servers }) => ({
      name: `${n.toLocaleString('en-US')} waiters`,
      servers,
      series: 'waiters',
      x: n,
      job: job(quick, n),
    })),
    {
      name: `${beside.toLocaleString('en-US')} waiters, and somebody sends elsewhere`,
      servers: ['poll-chat', 'nchan'],
      job: { ...job(quick, beside), everyMs: 300, messages: quick ? 2 : 20, besideEveryMs: 5 },
    },
    ...rooms.map((count) => ({
      name: `1,000 waiters in ${count.toLocaleString('en-US')} room${count === 1 ? '' : 's'}`,
      servers: ['poll-chat'],
      series: 'rooms',
      x: count,
      job: { ...job(quick, 1000), rooms: count, warm: 2, warmEveryMs: 700, messages: quick ? 1 : 3 },
    })),
  ]
}

/** Many warm messages, so that what is measured is compiled code: at least 10,000 deliveries. */
function job(quick, n) {
  const warm = n > 5000 ? 4 : 20
  return {
    kind: 'waiting',
    n,
    warm: quick ? 5 : warm,
    warmEveryMs: n > 5000 ? 600 : 100,
    messages: quick ? 2 : n > 5000 ? 4 : 5,
    everyMs: 1000,
  }
}

export function measure(name, { job }) {
  return against(name, job, { load: { timeoutMs: 150_000 } })
}
