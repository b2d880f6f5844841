import { type Client, createClient } from '@poll-chat/client'
import { ChatError } from '@poll-chat/protocol'
import { useEffect, useState } from 'preact/hooks'
import {
  type Identity,
  importIdentity,
  keepIdentity,
  keepKey,
  knownIdentity,
  knownKey,
  makeIdentity,
} from '../model/identity.ts'
import type { Invitation } from '../model/invitation.ts'
import { roomKeyOf } from '../model/private-rooms.ts'
import { words } from '../words/words.ts'

/** `key`: that of the server, if there is one. */
export type Entered = { client: Client; uid: string; key: string | undefined }

type Props = { invitation: Invitation; onEnter: (entered: Entered) => void }

/** Asks for what is missing: a name at the first visit, the key if the server has one. */
export function Entrance({ invitation, onEnter }: Props) {
  const [identity, setIdentity] = useState(knownIdentity())
  const [key, setKey] = useState(invitation.key ?? knownKey())
  const [needsKey, setNeedsKey] = useState(false)
  const [fault, setFault] = useState<string>()

  useEffect(() => {
    if (!identity) return
    const trying = new AbortController()
    enter(identity, key, trying.signal).then(
      (client) => client && onEnter({ client, uid: identity.uid, key }),
      (error: unknown) => {
        if (error instanceof ChatError && error.code === 'uid-taken') {
          setFault(words.value.nameTaken(identity.uid))
          return setIdentity(undefined)
        }
        if (!(error instanceof ChatError) || error.status !== 401) return setFault(reasonOf(error))
        setNeedsKey(true)
        if (key !== undefined) setFault(words.value.keyWrong)
      },
    )
    return () => trying.abort()
  }, [identity, key])

  if (!identity) return <NameForm fault={fault} onName={setIdentity} />
  if (needsKey) return <KeyForm fault={fault} onKey={setKey} />
  return (
    <main class="entrance">
      <p role="status">{fault ?? words.value.connecting}</p>
    </main>
  )
}

/** A client that the server lets in, and whose uid is proven. Tries until the server can be reached. */
async function enter(
  { uid, claim }: Identity,
  key: string | undefined,
  signal: AbortSignal,
): Promise<Client | undefined> {
  const client = createClient({
    url: location.origin,
    uid,
    claim,
    roomKeys: roomKeyOf,
    ...(key !== undefined && { key }),
  })
  for (let pauseMs = 500; !signal.aborted; pauseMs = Math.min(pauseMs * 2, 10_000)) {
    try {
      await client.claim({ signal })
      return client
    } catch (error) {
      if (signal.aborted) return undefined
      if (error instanceof ChatError && error.status < 500) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
  return undefined
}

type NameFormProps = { fault: string | undefined; onName: (identity: Identity) => void }

function NameForm({ fault: refusal, onName }: NameFormProps) {
  const t = words.value
  const [fault, setFault] = useState(refusal)
  const enterAs = (identity: Identity | undefined, otherwise: string) => {
    if (!identity) return setFault(otherwise)
    keepIdentity(identity)
    onName(identity)
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    enterAs(makeIdentity(fieldOf(event, 'name')), t.nameRule)
  }
  const importOne = (event: SubmitEvent) => {
    event.preventDefault()
    enterAs(importIdentity(fieldOf(event, 'identity')), t.identityWrong)
  }
  return (
    <main class="entrance">
      <h1>poll-chat</h1>
      <form onSubmit={submit}>
        <label for="name">{t.whoAreYou}</label>
        <input
          id="name"
          name="name"
          autocomplete="nickname"
          required
          maxLength={64}
          aria-describedby="name-rule"
          autofocus
        />
        <p id="name-rule" class="hint">
          {t.nameRule}
        </p>
        {fault && <p role="alert">{fault}</p>}
        <button type="submit">{t.enter}</button>
      </form>
      <details>
        <summary>{t.importIdentity}</summary>
        <form onSubmit={importOne}>
          <label for="identity">{t.identityHint}</label>
          <input id="identity" name="identity" type="password" autocomplete="off" required />
          <button type="submit">{t.enter}</button>
        </form>
      </details>
    </main>
  )
}

function KeyForm({ fault, onKey }: { fault: string | undefined; onKey: (key: string) => void }) {
  const t = words.value
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const key = fieldOf(event, 'key').trim()
    if (key === '') return
    if (fieldOf(event, 'remember') !== '') keepKey(key)
    onKey(key)
  }
  return (
    <main class="entrance">
      <h1>poll-chat</h1>
      <form onSubmit={submit}>
        <label for="key">{t.keyNeeded}</label>
        <input id="key" name="key" type="password" autocomplete="current-password" required autofocus />
        <label class="check">
          <input name="remember" type="checkbox" value="yes" /> {t.rememberKey}
        </label>
        {fault && <p role="alert">{fault}</p>}
        <button type="submit">{t.enter}</button>
      </form>
    </main>
  )
}

/** What stands in a field of the form that was submitted. */
function fieldOf({ currentTarget }: SubmitEvent, name: string): string {
  const value = currentTarget instanceof HTMLFormElement ? new FormData(currentTarget).get(name) : null
  return typeof value === 'string' ? value : ''
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
