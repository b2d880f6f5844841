import type { RoomSummary } from '@poll-chat/protocol'
import { type CommandLine, flag } from '../command-line.ts'
import { connectBriefly, reaching } from '../connect.ts'
import { t } from '../messages/language.ts'
import { DEFAULT_SERVER, type Env, namedServer, readKey, type ServerFlags } from '../options.ts'
import { dayAndClock } from '../terminal/format.ts'
import { print } from '../terminal/output.ts'
import { escapeJson, sanitiseLine } from '../terminal/sanitise.ts'

export type RoomsFlags = ServerFlags & { json?: boolean }

export function addRooms(line: CommandLine): void {
  line
    .asking('rooms', t.rooms)
    .addOption(flag.json())
    .action((flags) => rooms(...line.given(flags)))
}

/** Prints the rooms of a server, the most recently active first. */
export async function rooms(flags: RoomsFlags, env: Env): Promise<void> {
  const client = connectBriefly({ url: namedServer(flags, env) ?? DEFAULT_SERVER, key: readKey(flags, env) })
  const all = await reaching(client, client.rooms())
  await print(all.map(flags.json ? asJson : asLine).join(''))
}

function asJson(room: RoomSummary): string {
  return `${escapeJson(JSON.stringify(room))}\n`
}

/** `2026-11-24 16:30  teahouse`, in local time: the name is last, so that a script can cut it off. */
function asLine({ room, at }: RoomSummary): string {
  return `${dayAndClock(at)}  ${sanitiseLine(room)}\n`
}
