/**
 * The file of settings: JSON, in which comments are allowed. Everything in it is checked when it is read.
 * Invariant: a key in it is read only when nobody else can read the file.
 */
import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { systemCode, UsageError } from './failure.ts'
import { t } from './messages/language.ts'
import {
  checkKey,
  type Env,
  fileReason,
  parseServer,
  readMode,
  readNotify,
  readRoom,
  readTheme,
  readUid,
} from './options.ts'

/** Settings by the names of their flags; a key has no flag, but may stand here. */
export const SETTING_NAMES = ['server', 'room', 'uid', 'mode', 'notify', 'theme', 'key-file', 'key'] as const
export type SettingName = (typeof SETTING_NAMES)[number]
export type Section = Partial<Record<SettingName, string>>

/** What holds everywhere, and what holds with one server, by its address or by a name of one's own. */
export type Config = { path: string; everywhere: Section; servers: ReadonlyMap<string, Section> }

/** `POLL_CHAT_CONFIG`, or `poll-chat/config.json` where the XDG Base Directory Specification puts such files. */
export function configPath(env: Env): string {
  if (env.POLL_CHAT_CONFIG) return env.POLL_CHAT_CONFIG
  const folder =
    env.XDG_CONFIG_HOME || (process.platform === 'win32' && env.APPDATA) || join(env.HOME || homedir(), '.config')
  return join(folder, 'poll-chat', 'config.json')
}

/** `undefined` when there is no file. @throws UsageError naming file and key */
export function readConfig(env: Env): Config | undefined {
  const path = configPath(env)
  const text = readIfThere(path, Boolean(env.POLL_CHAT_CONFIG))
  if (text === undefined) return undefined
  const { servers: sections = {}, ...rest } = asObject(parse(path, text), path)
  const servers = new Map<string, Section>()
  for (const [name, section] of Object.entries(asObject(sections, path, 'servers'))) {
    const within = `servers.${name}`
    const read = readSection(path, asObject(section, path, within), `${within}.`)
    if (read.server === undefined) checkValue(path, within, () => parseServer(name))
    servers.set(name, read)
  }
  const config = { path, everywhere: readSection(path, rest, ''), servers }
  const holdsKey = [config.everywhere, ...servers.values()].some(({ key }) => key !== undefined)
  if (holdsKey && othersCanRead(path)) throw new UsageError(t.settings.keyIsOpen(path))
  return config
}

function readIfThere(path: string, mustBeThere: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (!mustBeThere && (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR')) return undefined
    throw new UsageError(t.files.cannotBeRead(path, fileReason(error)), error)
  }
}

/** Comments become blanks, so that an error is reported where it is. */
function parse(path: string, text: string): unknown {
  const json = text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (found) =>
    found.startsWith('"') ? found : found.replace(/[^\n]/g, ' '),
  )
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new UsageError(t.settings.notJson(path, error instanceof Error ? error.message : String(error)), error)
  }
}

function asObject(value: unknown, path: string, key?: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new UsageError(t.settings.notAnObject(path, key))
}

function readSection(path: string, section: Record<string, unknown>, prefix: string): Section {
  const checked: Section = {}
  for (const [key, value] of Object.entries(section)) {
    const name = SETTING_NAMES.find((one) => one === key)
    if (name === undefined) throw new UsageError(t.settings.unknown(path, `${prefix}${key}`, SETTING_NAMES.join(', ')))
    if (typeof value !== 'string') throw new UsageError(t.settings.notText(path, `${prefix}${key}`))
    checked[name] = checkValue(path, `${prefix}${key}`, () => CHECKS[name](value, path))
  }
  if (checked.key !== undefined && checked['key-file'] !== undefined)
    throw new UsageError(t.settings.keyTwice(path, prefix))
  return checked
}

/** Says of a fault where it is. */
function checkValue(path: string, key: string, check: () => string): string {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError(t.settings.badValue(path, key, error.message), error)
  }
}

/** Each value in the form that is used. @throws UsageError */
const CHECKS: Record<SettingName, (value: string, path: string) => string> = {
  server: (value) => parseServer(value) && value, // it may be a name under `servers`
  room: (value) => readRoom(value, {}),
  uid: (value) => readUid(value, {}),
  mode: (value) => readMode(value, {}),
  notify: (value) => readNotify(value, {}),
  theme: (value) => readTheme(value, {}),
  key: (value) => checkKey(value, t.settings.key),
  'key-file': (value, path) => {
    if (value.startsWith('~/')) return join(homedir(), value.slice(2))
    return isAbsolute(value) ? value : join(dirname(path), value)
  },
}

/** Windows has no such bits; there a file in the account's own folder is the account's. */
function othersCanRead(path: string): boolean {
  return process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0
}
