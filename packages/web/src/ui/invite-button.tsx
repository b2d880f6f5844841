import { useEffect, useRef, useState } from 'preact/hooks'
import type { Chat } from '../model/chat.ts'
import { invitationTo } from '../model/invitation.ts'
import { roomKeyOf } from '../model/private-rooms.ts'
import type { Room } from '../model/room.ts'
import { words } from '../words/words.ts'

/** Copies the link that invites into the room. Where the browser lets no page copy, as without TLS, it is shown and selected. */
export function InviteButton({ chat, room }: { chat: Chat; room: Room }) {
  const t = words.value
  const [outcome, setOutcome] = useState<'copied' | 'shown'>()
  const field = useRef<HTMLInputElement>(null)
  const roomKey = roomKeyOf(room.name)
  const link = invitationTo({
    room: room.title,
    ...(roomKey !== undefined && { roomKey }),
    ...(chat.key !== undefined && { key: chat.key }),
  })
  const select = () => {
    field.current?.focus()
    field.current?.select()
  }
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link)
      setOutcome('copied')
    } catch {
      setOutcome('shown')
      select()
    }
  }
  useEffect(() => {
    if (outcome === 'shown') select()
  }, [outcome])

  return (
    <div class="invite">
      <button type="button" onClick={copy}>
        {t.invite(roomKey !== undefined || chat.key !== undefined)}
      </button>
      <p role="status" class="hint">
        {outcome === 'copied' && t.inviteCopied}
        {outcome === 'shown' && t.inviteSelected}
      </p>
      {outcome === 'shown' && <input ref={field} readOnly aria-label={t.invitation} value={link} />}
    </div>
  )
}
