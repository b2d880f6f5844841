/** A log that a command has to itself, without a server. */
import { existsSync } from 'node:fs'
import type { Engine } from '@poll-chat/server'
import type { Command } from 'commander'
import { Failure } from '../failure.ts'
import { t } from '../messages/language.ts'
import type { Env } from '../options.ts'
import { readEngine } from './serve.ts'

export type EngineFlags = { data?: string; engine?: string; natsCreds?: string; natsCa?: string }

export function addEngine(command: Command): Command {
  return command
    .option('--data <folder>', t.serve.data)
    .option('--engine <url>', t.serve.engine)
    .option('--nats-creds <file>', t.serve.natsCreds)
    .option('--nats-ca <file>', t.serve.natsCa)
}

/** Opens the engine for some work, and closes it whatever comes of that. `mustExist`: an empty one is not made. */
export async function withEngine<T>(
  flags: EngineFlags,
  env: Env,
  { mustExist }: { mustExist: boolean },
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const url = await readEngine(flags, env)
  const path = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : undefined
  if (mustExist && path !== undefined && !existsSync(path)) throw new Failure(t.export.nothingThere(path))
  const { openEngine, TransferError } = await import('@poll-chat/server')
  const nats = {
    ...(flags.natsCreds !== undefined && { creds: flags.natsCreds }),
    ...(flags.natsCa !== undefined && { ca: flags.natsCa }),
  }
  const engine = await openEngine(url, { nats })
  try {
    return await work(engine)
  } catch (error) {
    throw error instanceof TransferError ? new Failure(error.message, 1, error) : error
  } finally {
    await engine.log.close()
  }
}
