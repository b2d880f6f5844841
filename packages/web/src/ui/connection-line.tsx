import type { Chat } from '../model/chat.ts'
import { words } from '../words/words.ts'
import { now } from './now.ts'

/** Nothing while all is well; else what is wrong, and when the next try is. */
export function ConnectionLine({ chat }: { chat: Chat }) {
  const t = words.value
  const connection = chat.connection.value
  const isLost = connection.state === 'reconnecting'
  return (
    <div class={isLost ? 'connection lost' : 'connection'}>
      <span role="status">
        {connection.state === 'connecting' ? t.connecting : isLost ? t.lost(connection.reason) : ''}
      </span>
      {/* Not announced: it changes every second. */}
      {isLost && <span aria-hidden="true"> {t.retryIn(Math.ceil((connection.retryAt - now.value) / 1_000))}</span>}
    </div>
  )
}
