import type { PresenceNews } from '@poll-chat/protocol'
import { type CommandLine, flag } from '../command-line.ts'
import { connectBriefly, reaching } from '../connect.ts'
import { t } from '../messages/language.ts'
import type { ServerFlags } from '../options.ts'
import { DEFAULT_SERVER, type Env, namedServer, readKey, readRoom } from '../options.ts'
import { readRoomKey } from '../room-keys.ts'
import { print, say } from '../terminal/output.ts'
import { escapeJson, sanitiseLine } from '../terminal/sanitise.ts'

export type WhoFlags = ServerFlags & { room?: string; json?: boolean }

export function addWho(line: CommandLine): void {
  line
    .asking('who', t.who)
    .addOption(flag.room())
    .addOption(flag.roomKeyFile())
    .addOption(flag.json())
    .action((flags) => who(...line.given(flags)))
}

/** Prints who is in a room. */
export async function who(flags: WhoFlags, env: Env): Promise<void> {
  const client = connectBriefly({
    url: namedServer(flags, env) ?? DEFAULT_SERVER,
    key: readKey(flags, env),
    roomKey: readRoomKey(flags, env),
  })
  const room = readRoom(flags.room, env)
  const news = await reaching(client, client.presence(room))
  if (!news.here) say(t.who.tooMany(room, news.count))
  await print(lines(news, flags.json ?? false).join(''))
}

function lines({ here = [], typing }: PresenceNews, asJson: boolean): string[] {
  return here.map(({ uid, verified }) => {
    const types = typing.includes(uid)
    if (asJson) return `${escapeJson(JSON.stringify({ uid, verified, typing: types }))}\n`
    return `${sanitiseLine(uid)}${types ? t.who.typing : ''}\n`
  })
}
