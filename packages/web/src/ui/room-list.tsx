import type { Signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import type { Chat } from '../model/chat.ts'
import type { Room } from '../model/room.ts'
import { words } from '../words/words.ts'
import type { Panel } from './panel.ts'

export function RoomList({ chat, panel }: { chat: Chat; panel: Signal<Panel> }) {
  const t = words.value
  return (
    <nav aria-label={t.rooms} class="rooms">
      <header class="bar">
        <strong>poll-chat</strong>
        <button type="button" class="only-phone" aria-label={t.close} onClick={() => (panel.value = 'none')}>
          ✕
        </button>
      </header>
      <ul>
        {chat.rooms.value.map((room) => (
          <RoomItem key={room.name} chat={chat} room={room} onOpen={() => (panel.value = 'none')} />
        ))}
      </ul>
      <JoinForm chat={chat} onJoined={() => (panel.value = 'none')} />
      <footer class="bar">
        <bdi class="me">{chat.uid}</bdi>
        <button type="button" onClick={() => (panel.value = 'settings')}>
          {t.settings}
        </button>
      </footer>
    </nav>
  )
}

function RoomItem({ chat, room, onOpen }: { chat: Chat; room: Room; onOpen: () => void }) {
  const t = words.value
  const isCurrent = room === chat.current.value
  const unread = room.unread.value
  const mentions = room.mentions.value
  const open = () => {
    chat.openRoom(room.name)
    onOpen()
  }
  return (
    <li>
      <button type="button" class="room" aria-current={isCurrent ? 'page' : undefined} onClick={open}>
        <bdi>{room.name}</bdi>
        {unread > 0 && (
          <span class={mentions > 0 ? 'badge mention' : 'badge'}>
            <span aria-hidden="true">
              {mentions > 0 && '@ '}
              {unread}
            </span>
            <span class="spoken">
              {t.unread(unread)}
              {mentions > 0 && `, ${t.mentions(mentions)}`}
            </span>
          </span>
        )}
      </button>
      {chat.rooms.value.length > 1 && (
        <button type="button" class="leave" aria-label={t.leave(room.name)} onClick={() => chat.leaveRoom(room.name)}>
          ✕
        </button>
      )}
    </li>
  )
}

function JoinForm({ chat, onJoined }: { chat: Chat; onJoined: () => void }) {
  const t = words.value
  const [name, setName] = useState('')
  const [isWrong, setWrong] = useState(false)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (!chat.openRoom(name)) return setWrong(true)
    setName('')
    setWrong(false)
    onJoined()
  }
  return (
    <form class="join" onSubmit={submit}>
      <label class="spoken" for="join-room">
        {t.joinRoom}
      </label>
      <input
        id="join-room"
        placeholder={t.joinRoom}
        value={name}
        maxLength={64}
        autocomplete="off"
        aria-invalid={isWrong}
        aria-describedby={isWrong ? 'join-rule' : undefined}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <button type="submit" aria-label={t.join}>
        +
      </button>
      {isWrong && (
        <p id="join-rule" role="alert">
          {t.nameRule}
        </p>
      )}
    </form>
  )
}
