/** `poll-chat` alone: joins the server of this machine, and starts one first if there is none. */
import { isAnswering } from '../connect.ts'
import { isStartError } from '../failure.ts'
import { t } from '../messages/language.ts'
import { type Env, namedServer } from '../options.ts'
import { enter, isInteractive, type JoinFlags, type Joining, readJoining } from './join.ts'
import { close, launch, ownCommand, readServing, serve } from './serve.ts'

/** How long the winner of a race for the port may take until it answers, in milliseconds. */
const RIVAL_ANSWERS_WITHIN_MS = 10_000

export async function start(flags: JoinFlags, env: Env): Promise<void> {
  const joining = readJoining(flags, env)
  if (namedServer(flags, env) !== undefined || (await isAnswering(joining))) return enter(joining)
  try {
    await (isInteractive() ? startAndEnter(joining, flags, env) : serve(await readServing(flags, env)))
  } catch (error) {
    // Somebody who was started at the same moment may have the port, or the database, already.
    if (!isStartError(error) || !(await rivalAnswers(joining))) throw error
    await enter(joining)
  }
}

async function startAndEnter(joining: Joining, flags: JoinFlags, env: Env): Promise<void> {
  const server = await launch({ ...(await readServing(flags, env)), logLevel: 'silent' }) // log lines would tear the UI
  const notice = t.serving.started(server.url, ownCommand())
  try {
    await enter({ ...joining, url: server.url, notice })
  } finally {
    await close(server)
  }
}

async function rivalAnswers(joining: Joining): Promise<boolean> {
  for (const end = performance.now() + RIVAL_ANSWERS_WITHIN_MS; performance.now() < end; ) {
    if (await isAnswering(joining)) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}
