/** Turns flags and environment into what commands work with: flag before environment before default. */
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { DEFAULT_PORT, DEFAULT_ROOM, ID_PATTERN, normaliseName, textFault } from '@poll-chat/protocol'
import { systemCode, UsageError } from './failure.ts'
import { t } from './messages/language.ts'

export type Env = Readonly<Record<string, string | undefined>>

export type ServerFlags = { server?: string; keyFile?: string; roomKeyFile?: string }

/** Where nobody said otherwise. */
export const DEFAULT_SERVER = `http://127.0.0.1:${DEFAULT_PORT}`

export const MODES = ['auto', 'long', 'poll', 'sse', 'ws'] as const
export type Mode = (typeof MODES)[number]
export const DEFAULT_MODE: Mode = 'auto'

/** An empty variable counts as unset, as everywhere in a shell. */
export function setting(flag: string | undefined, env: Env, name: string): string | undefined {
  return flag ?? (env[name] || undefined)
}

/** The server that flag or environment name; `undefined` if neither does. */
export function namedServer(flags: ServerFlags, env: Env): string | undefined {
  const given = setting(flags.server, env, 'POLL_CHAT_SERVER')
  return given === undefined ? undefined : parseServer(given)
}

/** `chat.example:8787`, `https://chat.example/chat/` → an address without a slash at its end. */
export function parseServer(given: string): string {
  const address = given.trim()
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`)
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) throw new UsageError(t.usage.notAServer(given))
  if (url.username || url.password) throw new UsageError(t.usage.credentialsInAddress)
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** The server's key. It has no flag of its own: every user of a machine can read every command line. */
export function readKey(flags: { keyFile?: string }, env: Env): string | undefined {
  if (flags.keyFile === undefined && env.POLL_CHAT_KEY) return checkKey(env.POLL_CHAT_KEY, 'POLL_CHAT_KEY')
  const path = setting(flags.keyFile, env, 'POLL_CHAT_KEY_FILE')
  return path === undefined ? undefined : readKeyFile(path)
}

/** The one word in a file. */
export function readKeyFile(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(t.files.cannotBeRead(t.usage.keyFile(path), fileReason(error)), error)
  }
  return checkKey(text, t.usage.keyFile(path))
}

/** A further key, in a file or in a variable. */
export function readKeyOf(file: string | undefined, env: Env, variable: string): string | undefined {
  if (file !== undefined) return readKeyFile(file)
  return env[variable] ? checkKey(env[variable], variable) : undefined
}

/** Why a file cannot be read, in a few words. */
export function fileReason(error: unknown): string {
  const { doesNotExist: ENOENT, noPermission: EACCES, isFolder: EISDIR } = t.files
  return { ENOENT, EACCES, EISDIR }[systemCode(error) ?? ''] ?? String(error)
}

export function checkKey(given: string, where: string): string {
  const key = given.trim()
  if (key === '') throw new UsageError(t.usage.keyIsEmpty(where))
  if (!/^[\x21-\x7e]+$/.test(key)) throw new UsageError(t.usage.keyIsNoWord(where))
  return key
}

export function readRoom(flag: string | undefined, env: Env): string {
  const given = setting(flag, env, 'POLL_CHAT_ROOM') ?? DEFAULT_ROOM
  const room = normaliseName(given)
  if (room === undefined) throw new UsageError(t.usage.notARoom(given))
  return room
}

export function readUid(flag: string | undefined, env: Env): string {
  const given = setting(flag, env, 'POLL_CHAT_UID')
  if (given === undefined) return loginName()
  const uid = normaliseName(given)
  if (uid === undefined) throw new UsageError(t.usage.notAUid(given))
  return uid
}

function loginName(): string {
  let login: string
  try {
    login = userInfo().username
  } catch (error) {
    throw new UsageError(t.usage.noLoginName, error) // a container's bare uid
  }
  const uid = normaliseName(login)
  if (uid === undefined) throw new UsageError(t.usage.loginIsNoUid(login))
  return uid
}

/** A flag that is `on` or `off`. */
export function readSwitch(flag: string | undefined, name: string, or: boolean): boolean {
  if (flag === undefined) return or
  if (flag !== 'on' && flag !== 'off') throw new UsageError(t.usage.notOneOf(name, 'on, off', flag))
  return flag === 'on'
}

export function readMode(flag: string | undefined, env: Env): Mode {
  return oneOf('--mode', MODES, setting(flag, env, 'POLL_CHAT_MODE') ?? DEFAULT_MODE)
}

function oneOf<Name extends string>(flag: string, names: readonly Name[], given: string): Name {
  const known = names.find((name) => name === given)
  if (known === undefined) throw new UsageError(t.usage.notOneOf(flag, names.join(', '), given))
  return known
}

/** When the chat rings or notifies. */
export const NOTIFY = ['off', 'mentions', 'all'] as const
export type Notify = (typeof NOTIFY)[number]
export const DEFAULT_NOTIFY: Notify = 'mentions'

export function readNotify(flag: string | undefined, env: Env): Notify {
  return oneOf('--notify', NOTIFY, setting(flag, env, 'POLL_CHAT_NOTIFY') ?? DEFAULT_NOTIFY)
}

/** For which ground the chat takes its colours; `auto` asks the terminal. */
export const THEMES = ['auto', 'dark', 'light'] as const
export type ThemeName = (typeof THEMES)[number]
export const DEFAULT_THEME: ThemeName = 'auto'

export function readTheme(flag: string | undefined, env: Env): ThemeName {
  return oneOf('--theme', THEMES, setting(flag, env, 'POLL_CHAT_THEME') ?? DEFAULT_THEME)
}

export function readId(flag: string | undefined): string | undefined {
  if (flag === undefined || ID_PATTERN.test(flag)) return flag
  throw new UsageError(t.usage.notAnId(flag))
}

/** A whole number of a flag, within its bounds. */
export function readWhole(
  flag: string | undefined,
  name: string,
  range: { min: number; max: number; or: number },
): number {
  if (flag === undefined) return range.or
  const value = /^\d{1,10}$/.test(flag) ? Number(flag) : Number.NaN
  if (value >= range.min && value <= range.max) return value
  throw new UsageError(t.usage.notWhole(name, range.min, range.max, flag))
}

/** The pause between two polls, in milliseconds. Less than 100 would only load the server. */
export function readInterval(flag: string | undefined): number {
  return readWhole(flag, '--interval', { min: 100, max: 3_600_000, or: 1_000 })
}

/** Seconds of a flag, as milliseconds. */
export function readSeconds(flag: string | undefined, name: string, or: number): number {
  const seconds = flag === undefined ? or : /^\d{1,5}(\.\d{1,3})?$/.test(flag) ? Number(flag) : 0
  if (seconds > 0) return Math.round(seconds * 1000)
  throw new UsageError(t.usage.notSeconds(name, flag ?? ''))
}

/** How long a command waits for a message, in milliseconds; 0 is without end. */
export function readTimeout(flag: string | undefined, orSeconds: number): number {
  return flag === '0' ? 0 : readSeconds(flag, '--timeout', orSeconds)
}

/** The uids of a flag that may be given several times, each with one uid or several between commas. */
export function readUids(flags: readonly string[] = []): Set<string> {
  return new Set(flags.flatMap((flag) => flag.split(',')).map((uid) => readUid(uid.trim(), {})))
}

/** What every send checks before a request is made. */
export function checkText(text: string): string {
  const fault = textFault(text)
  if (fault) throw new UsageError(t.problem(fault.code, fault.detail))
  return text
}
