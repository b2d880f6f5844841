import type { Chat } from '../model/chat.ts'
import type { Letter } from '../model/outbox.ts'
import { type Piece, piecesOf } from '../model/pieces.ts'
import type { MessageLine } from '../model/room.ts'
import type { Row } from '../model/rows.ts'
import { words } from '../words/words.ts'
import { hueOf } from './hue.ts'

export function RowView({ row, chat }: { row: Row; chat: Chat }) {
  const t = words.value
  switch (row.type) {
    case 'day':
      return (
        <li class="rule" data-key={row.key}>
          <h2>{formatDay(row.at, t.locale)}</h2>
        </li>
      )
    case 'new':
      return (
        <li class="rule new" data-key={row.key}>
          <span>{t.newMessages}</span>
        </li>
      )
    case 'gap':
      return (
        <li class="notice" data-key={row.key}>
          {row.reason === 'trimmed' ? t.logTrimmed : t.logReplaced}
        </li>
      )
    case 'message':
      return <MessageView line={row} isFirst={row.isFirst} />
    case 'letter':
      return <LetterView letter={row.letter} isFirst={row.isFirst} chat={chat} />
  }
}

function MessageView({ line, isFirst }: { line: MessageLine; isFirst: boolean }) {
  const t = words.value
  const { message, own, mentionsMe } = line
  const at = new Date(message.at)
  const kind = ['message', own && 'own', mentionsMe && 'mentions-me', isFirst && 'first'].filter(Boolean).join(' ')
  return (
    <li class={kind} data-key={line.key} data-hue={hueOf(message.from.uid)}>
      {isFirst && (
        <div class="head">
          <bdi class="uid">{message.from.uid}</bdi>
          {own && <span class="hint"> ({t.you})</span>}
          {message.from.verified && (
            <span class="verified" title={t.verified}>
              <span aria-hidden="true">✓</span>
              <span class="spoken">{t.verified}</span>
            </span>
          )}
        </div>
      )}
      <div class="text" dir="auto">
        {message.deleted ? <span class="hint">{t.deleted}</span> : piecesOf(message.text).map(toElement)}
      </div>
      <time dateTime={message.at} title={formatFull(at, t.locale)}>
        {formatTime(at, t.locale)}
      </time>
    </li>
  )
}

/** What was written here and is not in the log yet. */
function LetterView({ letter, isFirst, chat }: { letter: Letter; isFirst: boolean; chat: Chat }) {
  const t = words.value
  const { id, text, failed } = letter
  const edit = () => {
    const back = chat.outbox.discard(id)
    if (back !== undefined) chat.current.value.keepDraft(back)
  }
  return (
    <li class={failed === undefined ? 'message own pending' : 'message own failed'} data-key={id}>
      {isFirst && (
        <div class="head">
          <bdi class="uid">{chat.uid}</bdi>
          <span class="hint"> ({t.you})</span>
        </div>
      )}
      <div class="text" dir="auto">
        {text}
      </div>
      {failed === undefined ? (
        <p class="delivery">
          <span aria-hidden="true">◌</span> {chat.outbox.isHeldUp.value ? t.waiting : t.sending}
        </p>
      ) : (
        <p class="delivery" role="alert">
          <span aria-hidden="true">✗</span> {t.failed(failed)}{' '}
          <button type="button" onClick={() => chat.outbox.retry(id)}>
            {t.retry}
          </button>{' '}
          <button type="button" onClick={edit}>
            {t.edit}
          </button>{' '}
          <button type="button" onClick={() => chat.outbox.discard(id)}>
            {t.discard}
          </button>
        </p>
      )}
    </li>
  )
}

function toElement(piece: Piece, i: number) {
  if (piece.type === 'text') return piece.text
  if (piece.type === 'mention')
    return (
      <span key={i} class="mention">
        {piece.text}
      </span>
    )
  return (
    <a key={i} href={piece.url} target="_blank" rel="noopener noreferrer nofollow">
      {piece.text}
    </a>
  )
}

function formatTime(at: Date, locale: string): string {
  return isInvalid(at) ? '' : at.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' })
}

function formatFull(at: Date, locale: string): string {
  return isInvalid(at) ? '' : at.toLocaleString(locale)
}

function formatDay(at: number, locale: string): string {
  if (Number.isNaN(at)) return ''
  return new Date(at).toLocaleDateString(locale, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
}

function isInvalid(date: Date): boolean {
  return Number.isNaN(date.getTime())
}
