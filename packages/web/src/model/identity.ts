/** Who somebody is on this device, and the keys that they have typed in. */
import { CLAIM_PATTERN, normaliseName } from '@poll-chat/protocol'
import { forgetRoomKeys } from './private-rooms.ts'
import { forget, remember, remembered } from './storage.ts'

/** `claim`: the secret that proves the uid to this server. */
export type Identity = { uid: string; claim: string }

const IDENTITY = 'identity'
const KEY = 'key'

export function knownIdentity(): Identity | undefined {
  return asIdentity(remembered(IDENTITY))
}

/** A new one for a name; `undefined` if it cannot be a name. */
export function makeIdentity(name: string): Identity | undefined {
  const uid = normaliseName(name.trim())
  return uid === undefined ? undefined : { uid, claim: newSecret() }
}

export function keepIdentity(identity: Identity): void {
  remember(IDENTITY, identity)
}

/** One line, as `poll-chat uid import` takes it. */
export function exportIdentity({ uid, claim }: Identity): string {
  return JSON.stringify({ server: location.origin, uid, claim })
}

/** What was exported here or by `poll-chat uid export`; `undefined` if it is nothing of the kind. */
export function importIdentity(line: string): Identity | undefined {
  try {
    return asIdentity(JSON.parse(line))
  } catch {
    return undefined
  }
}

export function forgetIdentity(): void {
  forget(IDENTITY)
  forget(KEY)
  forgetRoomKeys()
}

/** The key of the server: what was asked to be remembered. */
export function knownKey(): string | undefined {
  const key = remembered(KEY)
  return typeof key === 'string' ? key : undefined
}

export function keepKey(key: string): void {
  remember(KEY, key)
}

function asIdentity(value: unknown): Identity | undefined {
  if (typeof value !== 'object' || value === null || !('uid' in value) || !('claim' in value)) return undefined
  const { uid, claim } = value
  if (typeof uid !== 'string' || normaliseName(uid) !== uid) return undefined
  if (typeof claim !== 'string' || !CLAIM_PATTERN.test(claim)) return undefined
  return { uid, claim }
}

/** 256 random bits, as base64url. */
function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
