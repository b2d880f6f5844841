/**
 * Who this account is on which server: one file for each uid on each server, with the secret that proves it. Invariants:
 * nobody else can read them (0600 in a folder of 0700); a secret is on disk before a server hears of it, and is never
 * replaced by another, since nobody could be that uid any more.
 */
import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ANONYMOUS_UID, CLAIM_PATTERN, checkOf, normaliseName } from '@poll-chat/protocol'
import { accountFolder } from './account-folder.ts'
import type { Connection } from './connect.ts'
import { Failure, systemCode, UsageError } from './failure.ts'
import { t } from './messages/language.ts'
import { type Env, fileReason, parseServer } from './options.ts'

export type Identity = { server: string; uid: string; claim: string }

/** The connection with the claim that belongs to it: the environment's, else the one that is kept. */
export async function asMyself(connection: Connection & { uid: string }, env: Env): Promise<Connection> {
  const given = claimGiven(env)
  if (given !== undefined) return given === 'none' ? connection : { ...connection, claim: given }
  const identity = await findIdentity(connection.url, connection.uid)
  return identity ? { ...connection, claim: identity.claim } : connection
}

/** A claim that is to be used; whether it was made for that. Nothing where none can be kept: `why` says why. */
export type Found = { claim: string; isNew: boolean } | { claim: undefined; why?: string }

/** The claim that belongs to a uid on a server; one is made, and kept, where there is none. */
export async function findOrMakeClaim({ url, uid }: { url: string; uid: string }, env: Env): Promise<Found> {
  const given = claimGiven(env)
  if (given === 'none' || uid === ANONYMOUS_UID) return { claim: undefined }
  if (given !== undefined) return { claim: given, isNew: false }
  const kept = await findIdentity(url, uid)
  if (kept) return { claim: kept.claim, isNew: false }
  const claim = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
  try {
    const identity = await keepIdentity({ server: url, uid, claim })
    return { claim: identity.claim, isNew: identity.claim === claim }
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    return { claim: undefined, why: fileReason(error) }
  }
}

/** `undefined` where there is none. @throws Failure when there is one that cannot be read */
export async function findIdentity(url: string, uid: string): Promise<Identity | undefined> {
  const folder = await identitiesFolder()
  if (folder === undefined || uid === ANONYMOUS_UID) return undefined
  const server = sameServer(url)
  const identity = readIdentityFile(join(folder, fileName(server, uid)))
  return identity?.uid === uid && identity.server === server ? identity : undefined
}

/** Keeps an identity. Returns the one that is there by then: another process may have been quicker. @throws as node:fs does */
export async function keepIdentity(identity: Identity): Promise<Identity> {
  const folder = await identitiesFolder()
  if (folder === undefined) throw new Failure(t.identity.noHome)
  const kept = { ...identity, server: sameServer(identity.server) }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const path = join(folder, fileName(kept.server, kept.uid))
  const whole = `${path}.${process.pid}`
  writeFileSync(whole, formatIdentity(kept), { mode: 0o600, flush: true })
  try {
    linkSync(whole, path) // whole, or not at all; and never over one that is there
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  } finally {
    rmSync(whole)
  }
  return readIdentityFile(path) ?? kept
}

/** False where there is none. */
export async function forgetIdentity(url: string, uid: string): Promise<boolean> {
  const folder = await identitiesFolder()
  if (folder === undefined) return false
  try {
    rmSync(join(folder, fileName(sameServer(url), uid)))
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}

export async function listIdentities(): Promise<Identity[]> {
  const folder = await identitiesFolder()
  if (folder === undefined) return []
  const identities = filesIn(folder).flatMap((name) => readIdentityFile(join(folder, name)) ?? [])
  return identities.sort((a, b) => (`${a.server} ${a.uid}` < `${b.server} ${b.uid}` ? -1 : 1))
}

/** One line, as `uid export` prints it and as it lies on disk. */
export function formatIdentity({ server, uid, claim }: Identity): string {
  return `${JSON.stringify({ server, uid, claim })}\n`
}

/** `undefined` for what is not an identity. */
export function parseIdentity(text: string): Identity | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { server, uid, claim } = { server: undefined, uid: undefined, claim: undefined, ...value }
  if (typeof server !== 'string' || typeof uid !== 'string' || typeof claim !== 'string') return undefined
  const isWhole = normaliseName(uid) === uid && CLAIM_PATTERN.test(claim) && URL.canParse(server)
  return isWhole ? { server: parseServer(server), uid, claim } : undefined
}

async function identitiesFolder(): Promise<string | undefined> {
  const folder = await accountFolder()
  return folder === undefined ? undefined : join(folder, 'identities')
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

function readIdentityFile(path: string): Identity | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined
    throw new Failure(t.files.cannotBeRead(path, fileReason(error)), 1, error)
  }
  const identity = parseIdentity(text)
  if (!identity) throw new Failure(t.identity.damaged(path))
  return identity
}

/** A claim in the environment comes first, for machines that keep no files; `none` acts without one. */
function claimGiven({ POLL_CHAT_CLAIM: given }: Env): string | undefined {
  if (!given) return undefined
  if (given !== 'none' && !CLAIM_PATTERN.test(given)) throw new UsageError(t.identity.notAClaim)
  return given
}

/** The names of this machine are one server. Others may be, but nobody may be shown a secret on a guess. */
export function sameServer(url: string): string {
  return url.replace(/^(https?:\/\/)(localhost|127(?:\.\d{1,3}){3}|\[::1\])(?=[:/]|$)/, '$1127.0.0.1')
}

/** The same on systems that tell no upper from lower case. That it is the right one, the file says itself. */
function fileName(server: string, uid: string): string {
  return `${checkOf(`${server} ${uid}`)}${checkOf(`${uid} ${server}`)}.json`
}
