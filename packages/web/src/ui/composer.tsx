import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Chat } from '../model/chat.ts'
import type { Room } from '../model/room.ts'
import { words } from '../words/words.ts'

/** Grows with its text. Enter sends, Shift-Enter begins a new line; an Enter that ends a composition does neither. */
export function Composer({ chat, room }: { chat: Chat; room: Room }) {
  const t = words.value
  const box = useRef<HTMLTextAreaElement>(null)
  const [fault, setFault] = useState<string>()
  const draft = room.draft.value

  useLayoutEffect(() => {
    const { current } = box
    if (!current) return
    current.style.height = 'auto'
    current.style.height = `${current.scrollHeight + 2}px`
  }, [draft])

  const submit = () => {
    const wrong = chat.say(draft)
    setFault(wrong === '' ? undefined : wrong)
    box.current?.focus()
  }

  const onKeyDown = (event: KeyboardEvent) => {
    // 229: browsers that end a composition before they tell of the key that ended it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    submit()
  }

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      {fault && <p role="alert">{fault}</p>}
      <div>
        <textarea
          ref={box}
          rows={1}
          value={draft}
          aria-label={t.message(room.title)}
          placeholder={t.message(room.title)}
          dir="auto"
          autocomplete="off"
          enterkeyhint="send"
          onInput={(event) => {
            room.keepDraft(event.currentTarget.value)
            chat.tellTyping()
          }}
          onKeyDown={onKeyDown}
        />
        <button type="submit">{t.send}</button>
      </div>
    </form>
  )
}
