/** A shell command for each message: the message is in its environment and on its standard input, never in the command. */
import type { Message } from '@poll-chat/protocol'
import { t } from './messages/language.ts'
import type { Env } from './options.ts'
import { formatJson } from './terminal/format.ts'
import { say } from './terminal/output.ts'
import { sanitiseLine, sanitiseText } from './terminal/sanitise.ts'

/** Where the command's own `poll-chat send` goes, unless it says otherwise: to where the message came from. */
export type Origin = { url: string; key: string | undefined; roomKey: string | undefined }

/**
 * Runs the command and resolves when it has ended. What it prints goes where ours does. A command that fails is said on
 * standard error, and is no reason to miss the next message.
 */
export async function runFor(message: Message, command: string, origin: Origin, env: Env): Promise<void> {
  const { spawn } = process.getBuiltinModule('node:child_process') // not by import: it takes time that a send has not
  const child = spawn(command, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...env, ...variables(message, origin) },
  })
  child.stdin?.on('error', () => undefined) // a command need not read its input
  child.stdin?.end(formatJson(message))
  const failure = await new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : `${signal ?? code}`))
  })
  if (failure !== undefined) say(t.tail.commandFailed(message.index, failure))
}

/**
 * The sender is POLL_CHAT_FROM, since POLL_CHAT_UID is who a `poll-chat send` speaks as. What may be printed by a careless
 * command is sanitised; standard input has the message whole.
 */
function variables(message: Message, { url, key, roomKey }: Origin): Record<string, string> {
  return {
    POLL_CHAT_TEXT: sanitiseText(message.text),
    POLL_CHAT_FROM: sanitiseLine(message.from.uid),
    POLL_CHAT_VERIFIED: `${message.from.verified}`,
    POLL_CHAT_ROOM: sanitiseLine(message.room),
    POLL_CHAT_INDEX: `${message.index}`,
    POLL_CHAT_ID: sanitiseLine(message.id),
    POLL_CHAT_AT: sanitiseLine(message.at),
    POLL_CHAT_SERVER: url,
    ...(key !== undefined && { POLL_CHAT_KEY: key }),
    ...(roomKey !== undefined && { POLL_CHAT_ROOM_KEY: roomKey }),
  }
}
