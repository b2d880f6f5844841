/**
 * How rooms, ids and keys are written as NATS subjects, and on which shard a room lies. What is here is in the data:
 * none of it may change.
 */
import { createHash } from 'node:crypto'
import { checkOf } from '@poll-chat/protocol'

/** One token of a subject, allowed in a key of a KV bucket too: what is not `A-Z a-z 0-9 _ -` is `=XX`, a byte of UTF-8. */
export function tokenOf(text: string): string {
  return encodeURIComponent(text)
    .replace(/[.!~*'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%', '=')
}

export function textOf(token: string): string {
  return decodeURIComponent(token.replaceAll('=', '%'))
}

/** Where the bucket of the store says how the data are laid out. No key is written like this: `=` and two hex digits. */
export const LAYOUT_KEY = '=layout'

/** A store's key as one of a KV bucket: `/` parts it, so that what begins alike can be asked for. An empty part is `=`. */
export function keyToken(key: string): string {
  return key
    .split('/')
    .map((part) => tokenOf(part) || '=')
    .join('.')
}

export function keyOfToken(token: string): string {
  return token
    .split('.')
    .map((part) => (part === '=' ? '' : textOf(part)))
    .join('/')
}

/** All keys of a bucket among which are those with a prefix: NATS knows only whole parts. */
export function keyFilter(prefix: string): string {
  const parts = prefix.split('/').slice(0, -1)
  return [...parts.map((part) => tokenOf(part) || '='), '>'].join('.')
}

export type TrimmedNames = ReturnType<typeof trimmedNames>

/** The stream of what is left of messages that are no longer kept, a subject an id. */
export function trimmedNames(prefix: string) {
  return {
    stream: `${prefix}-trimmed`,
    every: `${prefix}.trimmed.>`,
    id: (key: string) => `${prefix}.trimmed.${key}`,
  }
}

/** The shard of a room, from 0. */
export function shardOf(room: string, shards: number): number {
  return Number.parseInt(checkOf(room), 16) % shards
}

/** What a message's id is found by, 132 bits long: neither name holds a NUL. */
export function idKey(room: string, id: string): string {
  return createHash('sha256').update(`${room}\0${id}`).digest('base64url').slice(0, 22)
}

export type ShardNames = ReturnType<typeof shardNames>

/** The streams and subjects of one shard. */
export function shardNames(prefix: string, shard: number) {
  return {
    /** The stream of its messages, a subject a room, and that subject again where it is republished. */
    messages: `${prefix}-log-${shard}`,
    rooms: `${prefix}.log.${shard}.>`,
    room: (room: string) => `${prefix}.log.${shard}.${tokenOf(room)}`,
    roomOf: (subject: string) => textOf(subject.slice(subject.lastIndexOf('.') + 1)),
    live: `${prefix}.live.${shard}.>`,
    liveRoom: (room: string) => `${prefix}.live.${shard}.${tokenOf(room)}`,
    /** The stream of its ids, a subject an id, and the record of how far they go. */
    ids: `${prefix}-ids-${shard}`,
    everyId: `${prefix}.ids.${shard}.>`,
    id: (key: string) => `${prefix}.ids.${shard}.${key}`,
    idsUntil: `${prefix}.ids.${shard}.until`,
  }
}
