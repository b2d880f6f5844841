import { normaliseName, ROOM_KEY_PATTERN } from '@poll-chat/protocol'

/** What an invitation link brings in its fragment, which browsers send to nobody: `/#room=ops&room-key=…&key=…`. */
export type Invitation = { room?: string; roomKey?: string; key?: string }

/** The link that brings it. Nothing of it is in the part that is sent to the server. */
export function invitationTo({ room, roomKey, key }: Invitation): string {
  const parts = Object.entries({ room, 'room-key': roomKey, key }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  )
  return `${location.origin}/#${new URLSearchParams(parts)}`
}

/** Reads it, and removes it from the address at once: it must not be in the history, a bookmark or a screenshot. */
export function takeInvitation(): Invitation {
  const fragment = new URLSearchParams(location.hash.slice(1))
  if (location.hash !== '') history.replaceState(null, '', location.pathname + location.search)
  const room = normaliseName(fragment.get('room') ?? '')
  const key = fragment.get('key') || undefined
  const roomKey = fragment.get('room-key') ?? ''
  const isPrivate = room !== undefined && ROOM_KEY_PATTERN.test(roomKey)
  return { ...(room !== undefined && { room }), ...(isPrivate && { roomKey }), ...(key && { key }) }
}
