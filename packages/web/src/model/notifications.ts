import type { Message } from '@poll-chat/protocol'
import { signal } from '@preact/signals'
import { isMentioned } from './mentions.ts'
import { remember, remembered } from './storage.ts'

export type Notify = 'off' | 'mentions' | 'all'

const KEY = 'notify'

/** One after another in a room replaces it; a burst is one notification. */
export const notifying = signal<Notify>(initial())

/** What was chosen; false when the browser does not allow it. */
export async function chooseNotify(chosen: Notify): Promise<boolean> {
  if (chosen !== 'off') {
    if (!('Notification' in globalThis)) return false
    if ((await Notification.requestPermission()) !== 'granted') return false
  }
  notifying.value = chosen
  remember(KEY, chosen)
  return true
}

/** Tells of a message that nobody looks at. Every tab hears of it; its tag makes it one notification. */
export function notify(uid: string, { room, from, text, id }: Message): void {
  if (notifying.value === 'off' || !document.hidden) return
  if (notifying.value === 'mentions' && !isMentioned(uid, text)) return
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return
  const notification = new Notification(`${from.uid} · ${room}`, { body: text.slice(0, 200), tag: `${room} ${id}` })
  notification.onclick = () => {
    focus()
    notification.close()
  }
}

function initial(): Notify {
  const kept = remembered(KEY)
  return kept === 'mentions' || kept === 'all' ? kept : 'off'
}
