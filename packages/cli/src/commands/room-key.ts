import { writeFileSync } from 'node:fs'
import type { CommandLine } from '../command-line.ts'
import { Failure, systemCode, UsageError } from '../failure.ts'
import { t } from '../messages/language.ts'
import { fileReason } from '../options.ts'
import { print } from '../terminal/output.ts'

const KEY_BYTES = 24

export function addRoomKey(line: CommandLine): void {
  line.command('room-key [file]', t.roomKey, t.help.exitCodes).action((file) => roomKey(file))
}

/** Makes the key of a private room: into a new file that only its owner can read, or onto standard output. */
export async function roomKey(file: string | undefined): Promise<void> {
  const key = `${Buffer.from(crypto.getRandomValues(new Uint8Array(KEY_BYTES))).toString('base64url')}\n`
  if (file === undefined) return print(key)
  try {
    writeFileSync(file, key, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw new UsageError(t.roomKey.exists(file), error)
    throw new Failure(t.roomKey.cannotBeWritten(file, fileReason(error)), 1, error)
  }
}
