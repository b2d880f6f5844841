import { choiceIn, parseChoices } from '../choices.ts'
import { addFollowing, type CommandLine, collect, flag } from '../command-line.ts'
import { connectToFollow, reaching } from '../connect.ts'
import { EXIT, Failure, UsageError } from '../failure.ts'
import { asMyself } from '../identities.ts'
import { t } from '../messages/language.ts'
import {
  checkText,
  DEFAULT_SERVER,
  type Env,
  namedServer,
  readInterval,
  readKey,
  readMode,
  readRoom,
  readTimeout,
  readUid,
} from '../options.ts'
import { firstMessage } from '../room.ts'
import { readRoomKey } from '../room-keys.ts'
import { print } from '../terminal/output.ts'
import { escapeJson } from '../terminal/sanitise.ts'
import { DEFAULT_TIMEOUT_SECONDS } from './send.ts'
import { readSenders, type WaitFlags } from './wait.ts'

export type AskFlags = Omit<WaitFlags, 'match' | 'ignoreCase'> & { uid?: string; choices?: string; confirm?: boolean }

/** How long it waits for an answer, in seconds, unless told otherwise. */
const DEFAULT_ANSWER_SECONDS = 300

export function addAsk(line: CommandLine): void {
  addFollowing(line.asking('ask [question...]', t.ask))
    .addOption(flag.uid())
    .option('--choices <list>', t.ask.choices)
    .option('--from <uid>', t.ask.from, collect)
    .option('--verified', t.wait.verified)
    .option('--timeout <seconds>', t.ask.timeout)
    .option('--confirm', t.ask.confirm)
    .option('--json', t.ask.json)
    .action((question, flags) => ask(question, ...line.given(flags)))
}

/** Asks a room, and prints the choice of whoever answers first. @throws Failure with exit code 5 when the time is up */
export async function ask(words: string[], flags: AskFlags, env: Env): Promise<void> {
  const uid = readUid(flags.uid, env)
  const asker = {
    url: namedServer(flags, env) ?? DEFAULT_SERVER,
    key: readKey(flags, env),
    roomKey: readRoomKey(flags, env),
    uid,
  }
  const room = readRoom(flags.room, env)
  const how = { mode: readMode(flags.mode, env), intervalMs: readInterval(flags.interval) }
  const timeoutMs = readTimeout(flags.timeout, DEFAULT_ANSWER_SECONDS)
  const choices = parseChoices(flags.choices ?? 'yes,no')
  const isFrom = readSenders(flags)
  const question = words.join(' ')
  if (question.trim() === '') throw new UsageError(t.ask.noQuestion)

  const client = await connectToFollow(await asMyself(asker, env), how.mode)
  const say = (text: string) =>
    reaching(client, client.send(text, { room, timeoutMs: DEFAULT_TIMEOUT_SECONDS * 1_000 }))
  const { next } = await say(checkText(`${question} [${choices.join('/')}]`))
  const answer = await firstMessage(client, { room, after: next, ...how, timeoutMs }, (message) => {
    return message.from.uid !== uid && isFrom(message) && choiceIn(message.text, choices) !== undefined
  })
  const choice = answer && choiceIn(answer.text, choices)
  if (!answer || choice === undefined) throw new Failure(t.ask.timeIsUp(timeoutMs / 1_000), EXIT.timeout)
  if (flags.confirm) await say(t.ask.taken(choice, answer.from.uid))
  await print(flags.json ? `${escapeJson(JSON.stringify({ choice, message: answer }))}\n` : `${choice}\n`)
}
