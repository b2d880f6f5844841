import { useComputed } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Chat } from '../model/chat.ts'
import type { Room } from '../model/room.ts'
import { rowsOf } from '../model/rows.ts'
import { words } from '../words/words.ts'
import { Announcer } from './announcer.tsx'
import { RowView } from './row-view.tsx'
import { ScrollKeeper } from './scroll-keeper.ts'

/** How near the upper end older messages are fetched, in pixels. */
const NEAR_START = 400

export function Transcript({ chat, room }: { chat: Chat; room: Room }) {
  const t = words.value
  const scroller = useRef<HTMLDivElement>(null)
  const [keeper] = useState(() => new ScrollKeeper((isAtEnd) => chat.look(isAtEnd)))
  const [isLoading, setLoading] = useState(false)
  const letters = useComputed(() => chat.outbox.letters.value.filter((letter) => letter.room === room.name))
  const rows = rowsOf(room.lines.value, letters.value, room.firstUnread.value)

  useEffect(() => {
    if (scroller.current) return keeper.attach(scroller.current)
  }, [keeper])
  useLayoutEffect(() => keeper.restore())
  useEffect(() => {
    if (room.isLoaded.value) keeper.begin()
  }, [keeper, room.isLoaded.value])

  const loadOlder = () => {
    if (isLoading || !room.hasOlder.value) return
    setLoading(true)
    chat
      .loadOlder(room)
      .catch(() => undefined) // the connection line says what is wrong; scrolling asks again
      .finally(() => setLoading(false))
  }
  const isEmpty = room.isLoaded.value && rows.length === 0

  return (
    <div class="transcript">
      <section
        ref={scroller}
        class="scroller"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
        tabIndex={0}
        aria-label={t.messages(room.title)}
        onScroll={(event) => {
          keeper.note()
          if (event.currentTarget.scrollTop < NEAR_START) loadOlder()
        }}
      >
        <div class="start">
          {room.hasOlder.value ? (
            <button type="button" onClick={loadOlder} disabled={isLoading}>
              {isLoading ? t.loading : t.loadOlder}
            </button>
          ) : (
            room.isLoaded.value && !isEmpty && <p>{room.isTrimmed.value ? t.olderGone : t.beginning}</p>
          )}
          {isEmpty && <p>{t.empty}</p>}
        </div>
        <ol>
          {rows.map((row) => (
            <RowView key={row.key} row={row} chat={chat} />
          ))}
        </ol>
        {room.refusal.value && <p role="alert">{room.refusal.value}</p>}
      </section>
      {!chat.isAtEnd.value && (
        <button type="button" class="to-end" onClick={() => keeper.toEnd()}>
          ↓ {t.toBottom(room.unread.value)}
          {room.mentions.value > 0 && `, ${t.mentions(room.mentions.value)}`}
        </button>
      )}
      <Announcer room={room} />
    </div>
  )
}
