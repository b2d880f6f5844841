import type { Room } from '../model/room.ts'
import { words } from '../words/words.ts'

/** Who is in the room, by name. */
export function PeopleList({ room, uid, onClose }: { room: Room; uid: string; onClose: () => void }) {
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
            {name === uid && <span class="hint"> ({t.you})</span>}
            {verified && (
              <span class="verified" title={t.verified}>
                <span aria-hidden="true">✓</span>
                <span class="spoken">{t.verified}</span>
              </span>
            )}
          </li>
        ))}
      </ul>
    </aside>
  )
}
