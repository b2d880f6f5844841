/** What one check found. `good` needs nothing; `poor` works worse than it could; `bad` keeps people from chatting. */
export type Finding = {
  check: Check
  verdict: 'good' | 'poor' | 'bad'
  /** One plain sentence without capital and full stop. */
  said: string
  /** What to do about it. */
  advice?: string
  /** The figure behind it, for programs: seconds for times, milliseconds for latencies and clocks. */
  value?: number | string | boolean
}

export type Check =
  | 'address'
  | 'tls'
  | 'server'
  | 'latency'
  | 'proxies'
  | 'poll'
  | 'hanging'
  | 'sse'
  | 'ws'
  | 'keep-alive'
  | 'clock'
