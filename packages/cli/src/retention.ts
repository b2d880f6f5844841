/** What a server keeps of each room: `--retain`. */
import type { ServerConfig } from '@poll-chat/server'
import { UsageError } from './failure.ts'
import { t } from './messages/language.ts'
import { type Env, setting } from './options.ts'
import { ageMsOf } from './since.ts'

/** Ten years. */
const MAX_AGE_MS = 3_653 * 86_400_000

/** `90d`, `100000`, or both with a comma between; `all` for everything. */
export function readRetention(flag: string | undefined, env: Env): ServerConfig['retention'] {
  const given = setting(flag, env, 'POLL_CHAT_RETAIN') ?? 'all'
  if (given === 'all') return undefined
  const parts = given.split(',').map((part) => part.trim())
  const count = parts.find((part) => /^[1-9]\d{0,11}$/.test(part))
  const age = parts.find((part) => part !== count)
  const ageMs = age === undefined ? undefined : ageMsOf(age)
  const isAge = age === undefined || (ageMs !== undefined && ageMs >= 1_000 && ageMs <= MAX_AGE_MS)
  if (!isAge || parts.length !== Number(count !== undefined) + Number(age !== undefined))
    throw new UsageError(t.usage.notRetention(given))
  return { ...(ageMs !== undefined && { ageMs }), ...(count !== undefined && { count: Number(count) }) }
}
