import type { Message } from '@poll-chat/protocol'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Chat } from '../model/chat.ts'
import { words } from '../words/words.ts'

type Found = { query: string; messages: readonly Message[]; next?: string | undefined }

/** Looks through the whole history of the open room, or of all rooms. */
export function SearchDialog({ chat, onClose }: { chat: Chat; onClose: () => void }) {
  const t = words.value
  const dialog = useRef<HTMLDialogElement>(null)
  const [everywhere, setEverywhere] = useState(false)
  const [found, setFound] = useState<Found>()
  const [fault, setFault] = useState<string>()
  useEffect(() => dialog.current?.showModal(), [])

  const search = async (query: string, before?: Found) => {
    const room = everywhere ? {} : { room: chat.current.value.name }
    const further = before?.next === undefined ? {} : { before: before.next }
    try {
      const { messages, next } = await chat.client.search(query, { ...room, ...further })
      setFound({ query, messages: [...(before?.messages ?? []), ...messages], next })
      setFault(undefined)
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error))
    }
  }

  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const query = event.currentTarget instanceof HTMLFormElement && new FormData(event.currentTarget).get('query')
    if (typeof query === 'string' && query.trim() !== '') void search(query.trim())
  }

  return (
    <dialog ref={dialog} class="search" aria-labelledby="search-title" onClose={onClose}>
      <h2 id="search-title">{t.search}</h2>
      <form onSubmit={submit}>
        <input
          name="query"
          type="search"
          aria-label={t.searchFor}
          placeholder={t.searchFor}
          autocomplete="off"
          autofocus
        />
        <button type="submit">{t.search}</button>
        <label class="check">
          <input
            type="checkbox"
            checked={everywhere}
            onChange={({ currentTarget }) => setEverywhere(currentTarget.checked)}
          />
          {t.everywhere}
        </label>
      </form>
      {fault && <p role="alert">{fault}</p>}
      <p role="status">{found && (found.messages.length === 0 ? t.nothingFound : t.found(found.messages.length))}</p>
      {found && (
        <ol>
          {found.messages.map((message) => (
            <li key={`${message.room} ${message.index}`}>
              <div class="head">
                <bdi class="uid">{message.from.uid}</bdi> <bdi class="hint">{message.room}</bdi>{' '}
                <time dateTime={message.at}>{new Date(message.at).toLocaleString(t.locale)}</time>
              </div>
              <div class="text" dir="auto">
                {message.text}
              </div>
            </li>
          ))}
        </ol>
      )}
      {found?.next !== undefined && (
        <button type="button" onClick={() => void search(found.query, found)}>
          {t.moreResults}
        </button>
      )}
      <form method="dialog">
        <button type="submit">{t.close}</button>
      </form>
    </dialog>
  )
}
