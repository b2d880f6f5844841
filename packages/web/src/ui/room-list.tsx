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
    chat.show(room.name)
    onOpen()
  }
  return (
    <li>
      <button type="button" class="room" aria-current={isCurrent ? 'page' : undefined} onClick={open}>
        <RoomTitle room={room} />
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
        <button type="button" class="leave" aria-label={t.leave(room.title)} onClick={() => chat.leaveRoom(room.name)}>
          ✕
        </button>
      )}
    </li>
  )
}

/** The name of a room, and whether it is private. */
export function RoomTitle({ room }: { room: Room }) {
  return (
    <span>
      {room.isPrivate && (
        <>
          <span aria-hidden="true">🔒 </span>
          <span class="spoken">{words.value.private} </span>
        </>
      )}
      <bdi>{room.title}</bdi>
    </span>
  )
}

function JoinForm({ chat, onJoined }: { chat: Chat; onJoined: () => void }) {
  const t = words.value
  const [name, setName] = useState('')
  const [key, setKey] = useState('')
  const [wrong, setWrong] = useState<'name' | 'key'>()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const fault = chat.openRoom(name, key)
    setWrong(fault)
    if (fault) return
    setName('')
    setKey('')
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
        aria-invalid={wrong === 'name'}
        aria-describedby={wrong === 'name' ? 'join-rule' : undefined}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <button type="submit" aria-label={t.join}>
        +
      </button>
      <details>
        <summary>{t.withKey}</summary>
        <input
          type="password"
          aria-label={t.roomKey}
          placeholder={t.roomKey}
          value={key}
          maxLength={512}
          autocomplete="off"
          aria-invalid={wrong === 'key'}
          aria-describedby={wrong === 'key' ? 'join-rule' : 'join-key-hint'}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
        <p id="join-key-hint" class="hint">
          {t.roomKeyHint}
        </p>
      </details>
      {wrong && (
        <p id="join-rule" role="alert">
          {wrong === 'name' ? t.nameRule : t.roomKeyRule}
        </p>
      )}
    </form>
  )
}
