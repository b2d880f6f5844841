import type { Context } from 'hono'
import type { AppEnv } from '../context.ts'
import { readForwarded } from '../limits/addresses.ts'
import type { Limits } from '../limits/limits.ts'

/** Whose a request is, for limits. `app.request()` has no socket, and is this machine's. */
export function addressOf({ env, req }: Context<AppEnv>, limits: Limits): string {
  return limits.addressOf(
    env?.incoming?.socket.remoteAddress,
    readForwarded((name) => req.header(name)),
  )
}
