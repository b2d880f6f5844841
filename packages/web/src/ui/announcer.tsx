import { useSignalEffect } from '@preact/signals'
import { useRef, useState } from 'preact/hooks'
import type { Room } from '../model/room.ts'

/** Tells a screen reader what comes, and nothing else: not what is loaded from before, nor what one said oneself. */
export function Announcer({ room }: { room: Room }) {
  const [text, setText] = useState('')
  const seen = useRef(Number.POSITIVE_INFINITY)

  useSignalEffect(() => {
    const lines = room.lines.value.filter((line) => line.type === 'message')
    const newest = lines.at(-1)?.message.index ?? 0
    if (room.isLoaded.value && newest > seen.current) {
      const fresh = lines.filter(({ message, own }) => message.index > seen.current && !own && !message.deleted)
      setText(fresh.map(({ message }) => `${message.from.uid}: ${message.text}`).join('\n'))
    }
    if (room.isLoaded.value) seen.current = newest
  })

  return (
    <div class="spoken" aria-live="polite">
      {text}
    </div>
  )
}
