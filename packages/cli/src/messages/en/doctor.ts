import type { Check } from '../../doctor/finding.ts'

/** What `doctor` says. */
export const doctor = {
  summary: 'say what lies between here and a server',
  help: `
It looks for half a minute: whether the server is reached, over which TLS, how far away it is, which ways of following pass, how long
a request may hang, whether streams are gathered on the way, how long idle connections live, and whether the clocks agree. It
sends no message. Exit code 0: one can chat.

Examples:
  poll-chat doctor
  poll-chat doctor https://chat.example
  poll-chat doctor chat.example:8787 --seconds 60    let requests hang longer
  poll-chat doctor --json | jq .works`,
  seconds: 'the longest that a check may take, 5 to 60; under 26 it cannot judge streams (default: 30)',
  /** Columns of the names below. */
  width: 12,
  checks: {
    address: 'address',
    tls: 'encryption',
    server: 'server',
    latency: 'latency',
    proxies: 'in between',
    poll: 'polling',
    hanging: 'long polling',
    sse: 'event stream',
    ws: 'WebSocket',
    'keep-alive': 'keep-alive',
    clock: 'clock',
  } satisfies Record<Check, string>,
  whatToDo: 'What to do:',
  allIsWell: 'All is well.',
  cannotChat: (url: string) => `one cannot chat at ${url} from here`,
  reached: (address: string) => `${address} answers`,
  unreachable: (code: string) => ({
    said: `no connection (${code})`,
    advice:
      code === 'ENOTFOUND'
        ? 'there is no host of this name; check the address'
        : code === 'ECONNREFUSED'
          ? 'nothing listens there; start a server with: poll-chat serve'
          : /CERT|SIGNATURE/.test(code)
            ? 'the certificate is not trusted; name its authority in NODE_EXTRA_CA_CERTS, or get one that everybody trusts'
            : 'a firewall may be in between; ask from another network, or go through SSH: ssh -L 8787:127.0.0.1:8787 host',
  }),
  tls: (protocol: string, authority: string, days: number) =>
    `${protocol}, certificate by ${authority}, ${days} days left`,
  renew: 'renew the certificate; poll-chat serve takes a new one on SIGHUP',
  plain: {
    said: 'none: everybody on the way can read along',
    advice: 'put TLS in front, or give the server a certificate: poll-chat serve --tls-cert … --tls-key …',
  },
  localPlain: { said: 'none, and none is needed on this machine' },
  isServer: (version: string) => `poll-chat ${version}`,
  keyNeeded: {
    said: 'it wants a key, and has none or a wrong one',
    advice: 'put the key into POLL_CHAT_KEY or --key-file',
  },
  isNoServer: (status: number) => ({
    said: `it answered ${status}, and not as a poll-chat server does`,
    advice: 'check the address and its path; a proxy or a login page may answer instead',
  }),
  noProxy: 'no proxy says that it is there',
  clock: (seconds: number) =>
    seconds === 0 ? 'as here' : `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine's`,
  setClock:
    "times beside messages are the server's; set the clock that is wrong. Order and delivery do not depend on it",
  pollPasses: 'passes',
  pollFails: (why: string) => ({
    said: `does not pass (${why})`,
    advice: 'plain GET requests to /v1/rooms/… must pass; check what the proxy lets through',
  }),
  latency: (ms: number) => `${ms} ms there and back`,
  hangs: (seconds: number) => `requests may hang for ${seconds} s and more`,
  hangsCut: (longest: number, asked: number, cut: number) =>
    longest === 0
      ? `no request may hang: one of ${asked} s was cut after ${cut} s`
      : `requests may hang for ${longest} s; one of ${asked} s was cut after ${cut} s`,
  hangLonger:
    '--mode auto asks for less by itself. For fewer requests raise the time-out in between to 60 s (nginx: proxy_read_timeout; HAProxy: timeout server)',
  streamPasses: { sse: 'passes, unbuffered', ws: 'passes' },
  streamFails: {
    sse: (why: string) => `${why}`,
    ws: (why: string) => `${why}`,
  },
  streamAdvice: {
    sse: 'not needed: long polls do. A proxy gathers or cuts the answer; let it pass streams on (nginx: proxy_buffering off)',
    ws: 'not needed: long polls do. Let the proxy pass upgrades on (nginx: proxy_http_version 1.1 and the headers Upgrade and Connection)',
  },
  keptAlive: (seconds: number) => `an idle connection lives ${seconds} s and more`,
  notKeptAlive: 'every request needs a connection of its own',
  keepAlive: 'polls cost more than they need to; let the proxy keep idle connections for a minute',
}
