import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { accountFolder } from '../account-folder.ts'
import { type CommandLine, flag } from '../command-line.ts'
import { connectBriefly, reaching } from '../connect.ts'
import { Failure, systemCode, UsageError } from '../failure.ts'
import { t } from '../messages/language.ts'
import {
  DEFAULT_SERVER,
  type Env,
  fileReason,
  namedServer,
  readKeyOf,
  readRoom,
  readUid,
  type ServerFlags,
} from '../options.ts'
import { readRoomKey } from '../room-keys.ts'
import { say } from '../terminal/output.ts'
import { sanitiseLine } from '../terminal/sanitise.ts'

export type AdminFlags = ServerFlags & { adminKeyFile?: string; data?: string }

/** Beside the database; made by the server. */
export const ADMIN_KEY_FILE = 'admin.key'

export function addAdmin(line: CommandLine): void {
  const admin = line.group('admin', t.admin)
  const command = (usage: string, description: string) => addOperating(admin.command(usage).description(description))
  command('free <uid>', t.admin.free).action(async (uid: string, flags: AdminFlags) => {
    await ask(line.given(flags), (client) => client.freeUid(readUid(uid, {})))
  })
  command('ban <uid>', t.admin.ban).action(async (uid: string, flags: AdminFlags) => {
    await ask(line.given(flags), (client) => client.banUid(readUid(uid, {}), true))
  })
  command('unban <uid>', t.admin.unban).action(async (uid: string, flags: AdminFlags) => {
    await ask(line.given(flags), (client) => client.banUid(readUid(uid, {}), false))
  })
  command('delete <room> <index>', t.admin.delete)
    .addOption(flag.roomKeyFile())
    .action((room: string, index: string, flags: AdminFlags) => {
      return deleteMessage(readRoom(room, {}), readIndex(index), line.given(flags))
    })
}

async function deleteMessage(room: string, index: number, given: [AdminFlags, Env]): Promise<void> {
  const { from } = await ask(given, (client) => client.deleteMessage(room, index))
  say(t.admin.deleted(index, room, sanitiseLine(from.uid)))
}

function readIndex(given: string): number {
  if (!/^[1-9]\d{0,14}$/.test(given)) throw new UsageError(t.admin.notAnIndex(given))
  return Number(given)
}

/** The flags of whoever has the admin key. */
export function addOperating(command: Command): Command {
  return command
    .addOption(flag.server())
    .option('--admin-key-file <file>', t.admin.keyFile)
    .option('--data <folder>', t.admin.data)
}

type AdminClient = ReturnType<typeof connectBriefly>

async function ask<T>([flags, env]: [AdminFlags, Env], work: (client: AdminClient) => Promise<T>): Promise<T> {
  const client = connectBriefly({
    url: namedServer(flags, env) ?? DEFAULT_SERVER,
    key: await findAdminKey(flags, env),
    roomKey: readRoomKey(flags, env),
  })
  return reaching(client, work(client))
}

/** The one that is named; else the one that the server on this machine keeps beside its database. */
export async function findAdminKey(flags: AdminFlags, env: Env): Promise<string> {
  const named = readKeyOf(flags.adminKeyFile, env, 'POLL_CHAT_ADMIN_KEY')
  if (named !== undefined) return named
  const folder = flags.data === undefined ? await accountFolder() : resolve(flags.data)
  if (folder === undefined) throw new Failure(t.admin.noKey, 4)
  const path = join(folder, ADMIN_KEY_FILE)
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw new Failure(t.admin.noKey, 4, error)
    throw new Failure(t.files.cannotBeRead(path, fileReason(error)), 4, error)
  }
}
