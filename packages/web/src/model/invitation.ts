import { normaliseName } from '@poll-chat/protocol'

/** What an invitation link brings in its fragment, which browsers send to nobody: `/#room=ops&key=…`. */
export type Invitation = { room?: string; key?: string }

/** Reads it, and removes it from the address at once: it must not be in the history, a bookmark or a screenshot. */
export function takeInvitation(): Invitation {
  const fragment = new URLSearchParams(location.hash.slice(1))
  if (location.hash !== '') history.replaceState(null, '', location.pathname + location.search)
  const room = normaliseName(fragment.get('room') ?? '')
  const key = fragment.get('key') || undefined
  return { ...(room !== undefined && { room }), ...(key && { key }) }
}
