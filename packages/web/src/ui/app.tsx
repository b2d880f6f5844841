import { signal } from '@preact/signals'
import { Chat } from '../model/chat.ts'
import { takeInvitation } from '../model/invitation.ts'
import { privateRoom } from '../model/private-rooms.ts'
import { language, words } from '../words/words.ts'
import { ChatScreen } from './chat-screen.tsx'
import { Entrance } from './entrance.tsx'

const chat = signal<Chat | undefined>(undefined)
const invitation = takeInvitation()

/** First who somebody is and whether they may come in, then the chat. */
export function App() {
  document.documentElement.lang = words.value.locale
  void language.value // a change of language renders all anew
  if (chat.value) return <ChatScreen chat={chat.value} />
  return (
    <Entrance
      invitation={invitation}
      onEnter={({ client, uid, key }) => {
        const { room, roomKey } = invitation
        chat.value = new Chat(
          client,
          uid,
          key,
          room !== undefined && roomKey !== undefined ? privateRoom(room, roomKey) : room,
        )
      }}
    />
  )
}
