import { readFileSync } from 'node:fs'
import { type CommandLine, flag } from '../command-line.ts'
import { Failure, UsageError } from '../failure.ts'
import {
  findIdentity,
  forgetIdentity,
  formatIdentity,
  type Identity,
  keepIdentity,
  listIdentities,
  parseIdentity,
} from '../identities.ts'
import { t } from '../messages/language.ts'
import { DEFAULT_SERVER, type Env, fileReason, namedServer, readUid, type ServerFlags } from '../options.ts'
import { readText } from '../stdin.ts'
import { print } from '../terminal/output.ts'
import { escapeJson, sanitiseLine } from '../terminal/sanitise.ts'

export type UidFlags = ServerFlags & { uid?: string; json?: boolean }

export function addUid(line: CommandLine): void {
  const uid = line.group('uid', t.uid)
  uid
    .command('list')
    .description(t.uid.list)
    .addOption(flag.json())
    .action((flags: UidFlags) => list(flags))
  uid
    .command('export')
    .description(t.uid.export)
    .addOption(flag.server())
    .addOption(flag.uid())
    .action((flags: UidFlags) => exportIdentity(...line.given(flags)))
  uid
    .command('import [file]')
    .description(t.uid.import)
    .addOption(flag.server())
    .action((file: string | undefined, flags: UidFlags) => importIdentity(file, ...line.given(flags)))
  uid
    .command('forget')
    .description(t.uid.forget)
    .addOption(flag.server())
    .addOption(flag.uid())
    .action((flags: UidFlags) => forget(...line.given(flags)))
}

/** Never the secrets: whoever looks over a shoulder can read. */
async function list({ json }: UidFlags): Promise<void> {
  const identities = await listIdentities()
  const width = Math.max(0, ...identities.map(({ uid }) => uid.length))
  const format = ({ uid, server }: Identity) =>
    json ? escapeJson(JSON.stringify({ server, uid })) : sanitiseLine(`${uid.padEnd(width)}  ${server}`)
  await print(identities.map((identity) => `${format(identity)}\n`).join(''))
}

async function exportIdentity(flags: UidFlags, env: Env): Promise<void> {
  const { url, uid } = whose(flags, env)
  const identity = await findIdentity(url, uid)
  if (!identity) throw new Failure(t.identity.none(uid, url))
  await print(escapeJson(formatIdentity(identity).trim()).concat('\n'))
}

/** `--server` says where it is to be used, when this machine calls the server by another address. */
async function importIdentity(file: string | undefined, flags: UidFlags, env: Env): Promise<void> {
  const text = file === undefined || file === '-' ? await readText(process.stdin) : readIdentityText(file)
  const given = parseIdentity(text)
  if (!given) throw new UsageError(t.identity.notOne)
  const identity = flags.server === undefined ? given : { ...given, server: whose(flags, env).url }
  const kept = await keepIdentity(identity)
  if (kept.claim !== identity.claim) throw new Failure(t.identity.another(kept.uid, kept.server))
}

function readIdentityText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(t.files.cannotBeRead(t.input.file(path), fileReason(error)), error)
  }
}

async function forget(flags: UidFlags, env: Env): Promise<void> {
  const { url, uid } = whose(flags, env)
  if (!(await forgetIdentity(url, uid))) throw new Failure(t.identity.none(uid, url))
}

function whose(flags: UidFlags, env: Env): { url: string; uid: string } {
  return { url: namedServer(flags, env) ?? DEFAULT_SERVER, uid: readUid(flags.uid, env) }
}
