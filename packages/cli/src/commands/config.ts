import type { CommandLine } from '../command-line.ts'
import { flag } from '../command-line.ts'
import { configPath, readConfig } from '../config-file.ts'
import { UsageError } from '../failure.ts'
import { t } from '../messages/language.ts'
import type { Env, ServerFlags } from '../options.ts'
import { type Origin, type Setting, settingsInForce } from '../settings.ts'
import { print } from '../terminal/output.ts'
import { escapeJson, sanitiseLine } from '../terminal/sanitise.ts'

export type ConfigFlags = ServerFlags & { room?: string; uid?: string; mode?: string; json?: boolean }

export function addConfig(line: CommandLine): void {
  line
    .asking('config [path]', t.config)
    .addOption(flag.room())
    .addOption(flag.uid())
    .addOption(flag.mode())
    .option('--json', t.config.json)
    .action((what, flags) => config(what, line.merged(flags), line.env))
}

/** Prints where the file is, or what is in force. */
export async function config(what: string | undefined, flags: ConfigFlags, env: Env): Promise<void> {
  if (what === 'path') return print(`${sanitiseLine(configPath(env))}\n`)
  if (what !== undefined) throw new UsageError(t.config.notPath(what))
  const settings = settingsInForce(flags, env, readConfig(env))
  await print(flags.json ? asJson(settings) : asTable(settings))
}

function asTable(settings: readonly Setting[]): string {
  const rows = settings.map((setting) => [setting.name, shown(setting) ?? t.settings.none, from(setting.origin)])
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  const [first, second] = [width(0), width(1)]
  return rows
    .map(([name = '', value = '', origin = '']) => `${name.padEnd(first)}  ${value.padEnd(second)}  ${origin}`)
    .map((row) => `${sanitiseLine(row).trimEnd()}\n`)
    .join('')
}

function asJson(settings: readonly Setting[]): string {
  const entries = settings.map((setting) => [setting.name, { value: shown(setting) ?? null, from: setting.origin }])
  return `${escapeJson(JSON.stringify(Object.fromEntries(entries)))}\n`
}

/** A key is told, not shown: whoever looks over a shoulder can read. */
function shown({ name, value }: Setting): string | undefined {
  return name === 'key' && value !== undefined ? t.settings.secret : value
}

function from(origin: Origin): string {
  if (origin.type === 'file') return t.settings.fromFile(origin.path, origin.key)
  return origin.type === 'default' ? t.settings.fromDefault : origin.name
}
