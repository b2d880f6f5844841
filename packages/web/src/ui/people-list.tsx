import type { Chat } from '../model/chat.ts'
import type { Room } from '../model/room.ts'
import { words } from '../words/words.ts'
import { InviteButton } from './invite-button.tsx'

/** Who is in the room, by name, and how others get there. */
export function PeopleList({ chat, room, onClose }: { chat: Chat; room: Room; onClose: () => void }) {
  const t = words.value
  const { count, here } = room.people
  const names = [...here.value].sort(([a], [b]) => a.localeCompare(b, t.locale))
  return (
    <aside class="people" aria-label={t.people}>
      <header class="bar">
        <h2>{t.peopleHere(count.value)}</h2>
        <button type="button" aria-label={t.close} onClick={onClose}>
          ✕
        </button>
      </header>
      <ul>
        {names.map(([name, verified]) => (
          <li key={name}>
            <bdi>{name}</bdi>
            {name === chat.uid && <span class="hint"> ({t.you})</span>}
            {verified && (
              <span class="verified" title={t.verified}>
                <span aria-hidden="true">✓</span>
                <span class="spoken">{t.verified}</span>
              </span>
            )}
          </li>
        ))}
      </ul>
      <InviteButton key={room.name} chat={chat} room={room} />
    </aside>
  )
}
