import { ANONYMOUS_UID, ChatError, CLAIM_PATTERN, normaliseName } from '@poll-chat/protocol'
import { AutoWay } from './auto-way.ts'
import { openEvents } from './events.ts'
import type { Way } from './follow.ts'
import { follow } from './follow.ts'
import { followRooms } from './follow-rooms.ts'
import { probe } from './probe.ts'
import type { Reader, SyncAsk } from './read.ts'
import { requestRead, requestSync } from './read.ts'
import type { Claim, Server } from './request.ts'
import { request } from './request.ts'
import { type Room, roomOf } from './rooms.ts'
import { send } from './send.ts'
import { isDeleted, isPresence, isRecord, isRooms, isSearchAnswer, isServerInfo, isUidSummary } from './shapes.ts'
import { openSocket } from './socket.ts'
import type { StreamAsk } from './stream-way.ts'
import { StreamWay } from './stream-way.ts'
import type { Client, ClientOptions, FollowOptions } from './types.ts'

/** Streams to try with mode `auto`: what is plain HTTP first. */
const STREAMS = ['sse', 'ws'] as const

/** @throws TypeError for an address, a key or a claim that cannot be one */
export function createClient(options: ClientOptions): Client {
  const { uid, roomKeys = () => undefined } = options
  const server: Server = {
    base: baseOf(options.url),
    key: checked(options.key, /^[\x21-\x7e]+$/, 'A key has only visible ASCII characters.'),
    claim: claimOf(options.claim),
    // Looked up at each call, and called as a plain function: browsers refuse a fetch that has another `this`.
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
  }
  const readerOf = ({ ephemeral, presence }: Pick<FollowOptions, 'ephemeral' | 'presence'>): Reader => ({
    ...(ephemeral && uid !== undefined && { uid }),
    ...(presence && { presence }),
  })
  const named = (room: string) => roomOf(room, roomKeys)
  const namedAll = (rooms: ReadonlyMap<string, string | undefined>) =>
    new Map(Array.from(rooms, ([room, cursor]) => [own(room), { ...named(room), cursor }]))
  const streams = (room: Room, reader: Reader = {}) => ({
    sse: (ask: StreamAsk) => openEvents(server, { ...ask, room, reader }),
    ws: (ask: StreamAsk) => openSocket(server, { ...ask, room, reader }),
  })
  return {
    url: server.base,
    async send(text, { room, ...rest }) {
      return send(server, { room: named(room), uid, text }, rest)
    },
    async probe(room, way, { signal = new AbortController().signal } = {}) {
      return probe(streams(named(room))[way]({ cursor: '0', limit: 1 }), false, signal)
    },
    follow(room, follows) {
      const inbox = follows.inbox === true
      if (inbox && follows.mode !== 'long' && follows.mode !== 'auto')
        throw new TypeError('An inbox can only be followed with mode "long" or "auto".')
      const name = named(room)
      const owner = inbox ? ownUid(uid) : undefined
      const reader = readerOf(follows)
      const open = streams(name, reader)
      const read: Way['read'] = (ask) =>
        requestRead(server, { ...ask, room: name, reader, uid: ask.inbox ? owner : undefined })
      switch (follows.mode) {
        case 'sse':
        case 'ws':
          return follow(new StreamWay(open[follows.mode]), follows)
        case 'auto':
          return follow(new AutoWay({ ask: read, open, streams: STREAMS, memory: options.memory }), follows)
        case 'long':
        case 'poll':
          return follow({ read, close: () => undefined }, follows)
      }
    },
    followRooms({ rooms, ...rest }) {
      const reader = readerOf(rest)
      const places = new Map(Array.from(namedAll(rooms), ([room, { cursor }]) => [room, cursor]))
      const sync = (ask: SyncAsk) => requestSync(server, { ...ask, rooms: namedAll(ask.rooms), reader })
      return followRooms(sync, { rooms: places, ...rest })
    },
    async sync({ rooms, ...rest }) {
      return requestSync(server, { rooms: namedAll(rooms), ...rest })
    },
    async history(room, { before, limit, signal } = {}) {
      return requestRead(server, { room: named(room), before, limit, signal })
    },
    async poll(room, { after, limit, signal }) {
      return requestRead(server, { room: named(room), cursor: after, limit, signal })
    },
    async inbox(room, { ack, limit, signal } = {}) {
      return requestRead(server, {
        room: named(room),
        uid: ownUid(uid),
        cursor: ack,
        limit,
        waitSeconds: 0,
        signal,
      })
    },
    async presence(room, { signal } = {}) {
      const { name, key: roomKey } = named(room)
      return request(server, { path: ['rooms', name, 'presence'], roomKey, shape: isPresence, signal })
    },
    async leave(room, { signal } = {}) {
      const query = { uid: uid ?? ANONYMOUS_UID }
      const { name, key: roomKey } = named(room)
      await request(server, {
        method: 'DELETE',
        path: ['rooms', name, 'presence'],
        roomKey,
        query,
        shape: isPresence,
        signal,
      })
    },
    async typing(room, { forMs, signal } = {}) {
      const body = { uid: uid ?? ANONYMOUS_UID, for_ms: forMs }
      const { name, key: roomKey } = named(room)
      await request(server, { path: ['rooms', name, 'typing'], roomKey, body, shape: isRecord, signal })
    },
    async search(q, { room, signal, ...rest } = {}) {
      const { name, key: roomKey } = room === undefined ? {} : named(room)
      const query = { q, room: name, ...rest }
      return request(server, { path: ['search'], query, roomKey, shape: isSearchAnswer, signal })
    },
    async rooms({ signal } = {}) {
      return (await request(server, { path: ['rooms'], shape: isRooms, signal })).rooms
    },
    async info({ signal } = {}) {
      return request(server, { path: [], shape: isServerInfo, signal })
    },
    async claim({ signal } = {}) {
      return request(server, { method: 'PUT', path: ['uids', ownUid(uid), 'claim'], shape: isUidSummary, signal })
    },
    async freeUid(uid) {
      return request(server, { method: 'DELETE', path: ['uids', uidName(uid), 'claim'], shape: isUidSummary })
    },
    async banUid(uid, banned) {
      const method = banned ? 'PUT' : 'DELETE'
      return request(server, { method, path: ['uids', uidName(uid), 'ban'], shape: isUidSummary })
    },
    async deleteMessage(room, index) {
      const { name, key: roomKey } = named(room)
      const path = ['rooms', name, 'messages', `${index}`]
      return (await request(server, { method: 'DELETE', path, roomKey, shape: isDeleted })).message
    },
  }
}

/** The address without a slash at its end, so that a path prefix is kept. */
function baseOf(address: string): string {
  const url = new URL(address)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError(`Not an http address: ${address}`)
  // fetch refuses such an address at every request; and credentials are headers, never URLs.
  if (url.username !== '' || url.password !== '')
    throw new TypeError('An address carries no user name and no password.')
  return url.origin + url.pathname.replace(/\/+$/, '')
}

function checked(credential: string | undefined, pattern: RegExp, fault: string): string | undefined {
  if (credential !== undefined && !pattern.test(credential)) throw new TypeError(fault)
  return credential
}

function claimOf(claim: ClientOptions['claim']): Claim {
  if (typeof claim === 'function') return async () => checkedClaim(await claim())
  const known = Promise.resolve(checkedClaim(claim))
  return () => known
}

function checkedClaim(claim: string | undefined): string | undefined {
  return checked(claim, CLAIM_PATTERN, 'A claim is 32 random bytes as base64url.')
}

/** A name in the form that the server answers with; a label stays as it is. */
function own(room: string): string {
  return room.normalize('NFC')
}

function uidName(uid: string): string {
  const name = normaliseName(uid)
  if (name === undefined) throw new ChatError('bad-request', 'A uid has 1-64 letters, digits, "-", "_" or ".".')
  return name
}

function ownUid(uid: string | undefined): string {
  if (uid === undefined) throw new ChatError('bad-request', 'Only a uid has an inbox or a claim.')
  return uidName(uid)
}
