/** Turns flags and environment into what commands work with: flag before environment before default. */
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import {
  DEFAULT_PORT,
  DEFAULT_ROOM,
  ID_PATTERN,
  MAX_NAME_CHARACTERS,
  normaliseName,
  textFault,
} from '@poll-chat/protocol'
import { systemCode, UsageError } from './failure.ts'

export type Env = Readonly<Record<string, string | undefined>>

export type ServerFlags = { server?: string; keyFile?: string }

/** Where nobody said otherwise. */
export const DEFAULT_SERVER = `http://127.0.0.1:${DEFAULT_PORT}`

export const MODES = ['long', 'poll'] as const
export type Mode = (typeof MODES)[number]

/** An empty variable counts as unset, as everywhere in a shell. */
function setting(flag: string | undefined, env: Env, name: string): string | undefined {
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
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash)
    throw new UsageError(`"${given}" is not the address of a server; one looks like http://127.0.0.1:8787 or host:8787`)
  if (url.username || url.password)
    throw new UsageError('an address must not hold a name or a password; put the key in POLL_CHAT_KEY or --key-file')
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** The server's key. It has no flag of its own: every user of a machine can read every command line. */
export function readKey(flags: ServerFlags, env: Env): string | undefined {
  if (flags.keyFile === undefined)
    return env.POLL_CHAT_KEY ? checkKey(env.POLL_CHAT_KEY.trim(), 'POLL_CHAT_KEY') : undefined
  return checkKey(readKeyFile(flags.keyFile).trim(), `the key file ${flags.keyFile}`)
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason = { ENOENT: 'it does not exist', EACCES: 'no permission', EISDIR: 'it is a folder' }[
      systemCode(error) ?? ''
    ]
    throw new UsageError(`the key file ${path} cannot be read: ${reason ?? String(error)}`, error)
  }
}

function checkKey(key: string, where: string): string {
  if (key === '') throw new UsageError(`${where} is empty`)
  if (!/^[\x21-\x7e]+$/.test(key)) throw new UsageError(`${where} must hold one word of ASCII characters`)
  return key
}

export function readRoom(flag: string | undefined, env: Env): string {
  const given = setting(flag, env, 'POLL_CHAT_ROOM') ?? DEFAULT_ROOM
  const room = normaliseName(given)
  if (room === undefined) throw new UsageError(`"${given}" cannot be the name of a room; ${NAME_RULE}`)
  return room
}

export function readUid(flag: string | undefined, env: Env): string {
  const given = setting(flag, env, 'POLL_CHAT_UID')
  if (given === undefined) return loginName()
  const uid = normaliseName(given)
  if (uid === undefined) throw new UsageError(`"${given}" cannot be a uid; ${NAME_RULE}`)
  return uid
}

const NAME_RULE = `a name has 1-${MAX_NAME_CHARACTERS} letters, digits, "-", "_" or "."`

function loginName(): string {
  let login: string
  try {
    login = userInfo().username
  } catch (error) {
    throw new UsageError('this account has no login name; say who you are with --uid', error) // a container's bare uid
  }
  const uid = normaliseName(login)
  if (uid === undefined) throw new UsageError(`your login name "${login}" cannot be a uid; say who you are with --uid`)
  return uid
}

export function readMode(flag: string | undefined, env: Env): Mode {
  const given = setting(flag, env, 'POLL_CHAT_MODE') ?? 'long'
  const mode = MODES.find((name) => name === given)
  if (mode === undefined) throw new UsageError(`"${given}" is not a mode; there are long and poll`)
  return mode
}

export function readId(flag: string | undefined): string | undefined {
  if (flag === undefined || ID_PATTERN.test(flag)) return flag
  throw new UsageError(`"${flag}" cannot be an id; an id has 1-64 of A-Z a-z 0-9 . _ : ~ -`)
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
  throw new UsageError(`${name} takes a whole number from ${range.min} to ${range.max}, not "${flag}"`)
}

/** The pause between two polls, in milliseconds. Less than 100 would only load the server. */
export function readInterval(flag: string | undefined): number {
  return readWhole(flag, '--interval', { min: 100, max: 3_600_000, or: 1_000 })
}

/** Seconds of a flag, as milliseconds. */
export function readSeconds(flag: string | undefined, name: string, or: number): number {
  const seconds = flag === undefined ? or : /^\d{1,5}(\.\d{1,3})?$/.test(flag) ? Number(flag) : 0
  if (seconds > 0) return Math.round(seconds * 1000)
  throw new UsageError(`${name} takes a number of seconds above 0, not "${flag}"`)
}

/** What every send checks before a request is made. */
export function checkText(text: string): string {
  const fault = textFault(text)
  if (fault) throw new UsageError(fault.detail)
  return text
}
