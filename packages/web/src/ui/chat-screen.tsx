import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Chat } from '../model/chat.ts'
import { words } from '../words/words.ts'
import { Composer } from './composer.tsx'
import { ConnectionLine } from './connection-line.tsx'
import type { Panel } from './panel.ts'
import { PeopleList } from './people-list.tsx'
import { RoomList, RoomTitle } from './room-list.tsx'
import { SearchDialog } from './search-dialog.tsx'
import { SettingsDialog } from './settings-dialog.tsx'
import { Transcript } from './transcript.tsx'

/** On a phone the list of rooms lies over the room; on a desktop both are there. */
export function ChatScreen({ chat }: { chat: Chat }) {
  const t = words.value
  const panel = useSignal<Panel>('none')
  const room = chat.current.value
  const close = () => {
    panel.value = 'none'
  }
  const title = useComputed(
    () => `${chat.unread.value > 0 ? `(${chat.unread.value}) ` : ''}${chat.current.value.title} · poll-chat`,
  )
  document.title = title.value

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
        event.preventDefault()
        chat.openNeighbour(event.key === 'ArrowUp' ? -1 : 1)
      }
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        panel.value = 'search'
      }
      if (event.key === 'Escape') panel.value = 'none'
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [chat])

  return (
    <div class="chat" data-panel={panel.value}>
      <RoomList chat={chat} panel={panel} />
      <main aria-labelledby="room-name">
        <header class="bar">
          <button type="button" class="only-phone" aria-label={t.openRooms} onClick={() => (panel.value = 'rooms')}>
            ☰
          </button>
          <h1 id="room-name">
            <RoomTitle room={room} />
          </h1>
          <button
            type="button"
            onClick={() => {
              panel.value = 'search'
            }}
          >
            {t.search}
          </button>
          <button
            type="button"
            aria-label={t.peopleHere(room.people.count.value)}
            aria-expanded={panel.value === 'people'}
            onClick={() => {
              panel.value = panel.value === 'people' ? 'none' : 'people'
            }}
          >
            <span aria-hidden="true">👥 {room.people.count.value}</span>
          </button>
        </header>
        <Transcript key={room.name} chat={chat} room={room} />
        <ConnectionLine chat={chat} />
        <Composer key={`box ${room.name}`} chat={chat} room={room} />
      </main>
      {panel.value === 'people' && <PeopleList chat={chat} room={room} onClose={close} />}
      {panel.value === 'search' && <SearchDialog chat={chat} onClose={close} />}
      {panel.value === 'settings' && <SettingsDialog chat={chat} onClose={close} />}
    </div>
  )
}
