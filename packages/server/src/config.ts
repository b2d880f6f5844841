import type { NatsFiles } from './engines/jetstream/address.ts'
import type { LimitFigures } from './limits/limits.ts'
import type { Retention } from './log/contract.ts'

/** What a server is started with. */
export type ServerConfig = {
  /** The address to listen on. @default '127.0.0.1' */
  host: string
  /** The port to listen on; 0 takes a free one. @default 8787 */
  port: number
  /** Where the log lies: `memory:`, `sqlite:PATH` with the path of a database file, or `nats://HOST,HOST`. */
  engine: string
  /** What is kept of each room's messages. @default all, for ever */
  retention?: Retention | undefined
  /** What a NATS engine needs beside its URL. */
  nats?: NatsFiles
  /** Everybody must show it as `Authorization: Bearer KEY`. Without one the server is open. */
  key?: string
  /** The operator's key: opens what `key` opens, and what is for the operator alone. Without one nobody may do that. */
  adminKey?: string
  /** Where the operator's key lies when `adminKey` is not given: a file that is made when it is not there (0600). */
  adminKeyFile?: string
  /** Serve without a key on an address that is not loopback. @default false */
  open?: boolean
  /** Answer plain polls and sends in the lane in front of node:http. Off, everything is the same but slower. @default true */
  lane?: boolean
  /** What one client may ask for: `off`, or figures that replace the defaults. They hold for each HTTP thread by itself. */
  limits?: LimitFigures
  /** Proxies whose word about a client's address is taken: addresses and networks (`10.0.0.0/8`). @default none */
  trustProxy?: readonly string[]
  /** Speak TLS, HTTP/1.1 and 2: paths of PEM files. @default plain HTTP */
  tls?: { cert: string; key: string } | undefined
  /** HTTP threads over the one log. @default 1 */
  threads?: number
  /** Least severe log lines to write, as JSON on standard error. @default 'info' */
  logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
}
