import { MAX_FOUND, normaliseName } from '@poll-chat/protocol'
import { type CommandLine, flag } from '../command-line.ts'
import { connectBriefly, reaching } from '../connect.ts'
import { UsageError } from '../failure.ts'
import { t } from '../messages/language.ts'
import type { ServerFlags } from '../options.ts'
import { DEFAULT_SERVER, type Env, namedServer, readKey, readRoom, readWhole } from '../options.ts'
import { MAX_LAST } from '../room.ts'
import { readRoomKey } from '../room-keys.ts'
import { formatFound, formatJson } from '../terminal/format.ts'
import { print, say } from '../terminal/output.ts'

export type SearchFlags = ServerFlags & { room?: string; from?: string; last?: string; json?: boolean }

export function addSearch(line: CommandLine): void {
  line
    .asking('search <words...>', t.search)
    .option('--room <name>', t.search.room)
    .addOption(flag.roomKeyFile())
    .option('--from <uid>', t.search.from)
    .option('-n, --last <count>', t.search.last)
    .addOption(flag.json())
    .action((words, flags) => search(words, ...line.given(flags)))
}

/** Prints what was found, newest first, as it is found. */
export async function search(words: string[], flags: SearchFlags, env: Env): Promise<void> {
  const roomKey = readRoomKey(flags, env)
  const client = connectBriefly({ url: namedServer(flags, env) ?? DEFAULT_SERVER, key: readKey(flags, env), roomKey })
  const format = flags.json ? formatJson : formatFound
  const options = {
    // Not the room of the environment: who looks for something looks everywhere, but where only one room is open to a key.
    ...((flags.room ?? roomKey) !== undefined && { room: readRoom(flags.room, roomKey === undefined ? {} : env) }),
    ...(flags.from !== undefined && { from: readFrom(flags.from) }),
  }
  let missing = readWhole(flags.last, '--last', { min: 1, max: MAX_LAST, or: 20 })
  let before: string | undefined
  let behind = 0
  do {
    const limit = Math.min(missing, MAX_FOUND)
    const page = await reaching(
      client,
      client.search(words.join(' '), { ...options, limit, ...(before !== undefined && { before }) }),
    )
    await print(page.messages.map(format).join(''))
    missing -= page.messages.length
    before = page.next
    behind = page.behind ?? 0
  } while (missing > 0 && before !== undefined)
  if (behind > 0) say(t.notIndexedYet(behind))
}

function readFrom(given: string): string {
  const uid = normaliseName(given)
  if (uid === undefined) throw new UsageError(t.usage.notAUid(given))
  return uid
}
