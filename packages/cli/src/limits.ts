/** What one client may ask of a server, and whose word about a client's address it takes: `--limits`, `--trust-proxy`. */
import { isIP } from 'node:net'
import { COUNTS, type CountName, RATES, type RateName } from '@poll-chat/protocol'
import type { LimitFigures } from '@poll-chat/server'
import { UsageError } from './failure.ts'
import { t } from './messages/language.ts'
import { type Env, setting } from './options.ts'

/** `off`, or `sends-per-uid=300/10s,waiters=5000,rooms=off`. What is not named keeps its default. */
export function readLimits(flag: string | undefined, env: Env): LimitFigures {
  const given = setting(flag, env, 'POLL_CHAT_LIMITS') ?? 'on'
  if (given === 'off' || given === 'on') return given === 'off' ? 'off' : {}
  const figures: Exclude<LimitFigures, 'off'> = {}
  for (const pair of given.split(',')) {
    const [name = '', value = '', ...more] = pair.trim().split('=')
    if (more.length > 0) throw new UsageError(t.usage.notALimit(pair.trim()))
    if (isRate(name)) figures[name] = readRate(name, value)
    else if (isCount(name)) figures[name] = value === 'off' ? Number.POSITIVE_INFINITY : readCount(name, value)
    else throw new UsageError(t.usage.noSuchLimit(name, [...Object.keys(RATES), ...Object.keys(COUNTS)].join(', ')))
  }
  return figures
}

function isRate(name: string): name is RateName {
  return Object.hasOwn(RATES, name)
}

function isCount(name: string): name is CountName {
  return Object.hasOwn(COUNTS, name)
}

const SECONDS = { s: 1, m: 60, h: 3_600 }

/** `300/10s`, `30/m`, `100/h`. */
function readRate(name: RateName, value: string) {
  if (value === 'off') return { count: Number.POSITIVE_INFINITY, seconds: 1 }
  const [, count = '', factor, unit] = /^(\d{1,9})\/(\d{0,5})([smh])$/.exec(value) ?? []
  const seconds =
    (factor === '' ? 1 : Number(factor)) * (unit === 'm' || unit === 'h' || unit === 's' ? SECONDS[unit] : 0)
  if (Number(count) > 0 && seconds > 0 && seconds <= MAX_SECONDS) return { count: Number(count), seconds }
  throw new UsageError(t.usage.notARate(name, value))
}

/** A day: a longer memory belongs on disk. */
const MAX_SECONDS = 86_400

function readCount(name: CountName, value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value)
  throw new UsageError(t.usage.notACount(name, value))
}

/** Addresses and networks: `10.0.0.1,fd00::/8`. */
export function readProxies(flag: string | undefined, env: Env): string[] {
  const given = setting(flag, env, 'POLL_CHAT_TRUST_PROXY')
  if (given === undefined) return []
  return given.split(',').map((one) => {
    const proxy = one.trim()
    if (!isNetwork(proxy)) throw new UsageError(t.usage.notANetwork(proxy))
    return proxy
  })
}

function isNetwork(given: string): boolean {
  const [address = '', prefix, ...more] = given.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}
