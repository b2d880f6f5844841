import { useEffect, useRef, useState } from 'preact/hooks'
import type { Chat } from '../model/chat.ts'
import { exportIdentity, forgetIdentity, knownIdentity } from '../model/identity.ts'
import { chooseNotify, type Notify, notifying } from '../model/notifications.ts'
import { chooseLanguage, LANGUAGES, type Language, language, words } from '../words/words.ts'
import { chooseTheme, type Theme, theme } from './theme.ts'

export function SettingsDialog({ chat, onClose }: { chat: Chat; onClose: () => void }) {
  const t = words.value
  const dialog = useRef<HTMLDialogElement>(null)
  const [isDenied, setDenied] = useState(false)
  const identity = knownIdentity()
  useEffect(() => dialog.current?.showModal(), [])

  const notifyChoices: Record<Notify, string> = { off: t.notifyOff, mentions: t.notifyMentions, all: t.notifyAll }
  const themeChoices: Record<Theme, string> = { auto: t.themeAuto, light: t.themeLight, dark: t.themeDark }

  return (
    <dialog ref={dialog} aria-labelledby="settings-title" onClose={onClose}>
      <h2 id="settings-title">{t.settings}</h2>
      <p>
        <bdi>{chat.uid}</bdi>
      </p>
      <Choice
        label={t.notifications}
        value={notifying.value}
        choices={notifyChoices}
        onChoose={(chosen) => void chooseNotify(chosen).then((isAllowed) => setDenied(!isAllowed), reportError)}
      />
      {isDenied && <p role="alert">{t.notifyDenied}</p>}
      <Choice label={t.theme} value={theme.value} choices={themeChoices} onChoose={chooseTheme} />
      <Choice<Language> label={t.language} value={language.value} choices={LANGUAGES} onChoose={chooseLanguage} />
      <p class="hint">{t.shortcuts}</p>
      {identity && (
        <details>
          <summary>{t.exportIdentity}</summary>
          <p>{t.identityHint}</p>
          <input readOnly aria-label={t.identity} value={exportIdentity(identity)} />
        </details>
      )}
      <details>
        <summary>{t.signOut}</summary>
        <p>{t.signOutWarning}</p>
        <button
          type="button"
          onClick={() => {
            forgetIdentity()
            location.reload()
          }}
        >
          {t.signOut}
        </button>
      </details>
      <form method="dialog">
        <button type="submit">{t.close}</button>
      </form>
    </dialog>
  )
}

type ChoiceProps<Value extends string> = {
  label: string
  value: Value
  choices: Readonly<Record<Value, string>>
  onChoose: (value: Value) => void
}

function Choice<Value extends string>({ label, value, choices, onChoose }: ChoiceProps<Value>) {
  const isChoice = (given: string): given is Value => given in choices
  return (
    <label class="choice">
      {label}
      <select
        value={value}
        onChange={({ currentTarget }) => isChoice(currentTarget.value) && onChoose(currentTarget.value)}
      >
        {Object.entries<string>(choices).map(([choice, name]) => (
          <option key={choice} value={choice}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}
