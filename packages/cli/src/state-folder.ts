import { homedir } from 'node:os'
import { join } from 'node:path'
import { systemCode } from './failure.ts'
import type { Env } from './options.ts'

/** Where the chat keeps what outlives it, as the XDG Base Directory Specification says; `undefined` for an account without a home. */
export function stateFolder(env: Env): string | undefined {
  const set = env.XDG_STATE_HOME || (process.platform === 'win32' && env.LOCALAPPDATA)
  try {
    return join(set || join(env.HOME || homedir(), '.local', 'state'), 'poll-chat')
  } catch (error) {
    if (systemCode(error) !== 'ERR_SYSTEM_ERROR') throw error
    return undefined
  }
}
