import type { Chat } from '../model/chat.ts'
import { words } from '../words/words.ts'
import { now } from './now.ts'

/** What is wrong with the connection, and when the next try is; while all is well, who types. */
export function ConnectionLine({ chat }: { chat: Chat }) {
  const t = words.value
  const connection = chat.connection.value
  const isLost = connection.state === 'reconnecting'
  const typing = chat.current.value.people.typing.value.filter((uid) => uid !== chat.uid)
  const said = connection.state === 'connecting' ? t.connecting : isLost ? t.lost(connection.reason) : ''
  return (
    <div class={isLost ? 'connection lost' : 'connection'}>
      <span role="status">{said}</span>
      {/* Not announced: it changes every second. */}
      {isLost && <span aria-hidden="true"> {t.retryIn(Math.ceil((connection.retryAt - now.value) / 1_000))}</span>}
      {said === '' && typing.length > 0 && <bdi class="typing">{t.typing(typing.slice(0, 3).join(', '))}</bdi>}
    </div>
  )
}
