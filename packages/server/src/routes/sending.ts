/** What a send is and how it is answered, whichever way the request came in. */
import { ANONYMOUS_UID, ChatError, cursorAfter, type Message, type Sent } from '@poll-chat/protocol'
import { sendSchema } from '@poll-chat/protocol/schemas'
import type { z } from 'zod'
import type { Uids } from '../access/uids.ts'
import type { Limits } from '../limits/limits.ts'
import type { Appended, Draft, Log } from '../log/contract.ts'
import { plainMessage } from '../log/room-names.ts'
import type { Tally } from '../metrics/tally.ts'
import { toChatError } from './validation.ts'

/** What is known before the body is read. A body that is no JSON is the text itself. */
export type SendHead = {
  room: string
  uid?: string | undefined
  id?: string | undefined
  claim: string | undefined
  isJson: boolean
}

type Services = { log: Log; uids: Uids; limits: Limits; tally: Tally }

/** A send whose sender has still to be admitted. */
export type Letter = Omit<Draft, 'from'> & { uid: string; claim: string | undefined }

export function isJsonType(contentType: string | undefined): boolean {
  return /^application\/(?:[\w.+-]*\+)?json\b/i.test(contentType ?? '')
}

/** What the body says goes before what the query says. @throws ChatError when the body is no send */
export function readLetter({ room, uid, id, claim, isJson }: SendHead, bytes: Uint8Array | ArrayBuffer): Letter {
  const body = readBody(decodeUtf8(bytes), isJson)
  return {
    room,
    id: body.id ?? id ?? crypto.randomUUID(),
    uid: body.uid ?? uid ?? ANONYMOUS_UID,
    claim,
    text: body.text,
  }
}

/**
 * Appends what its sender may say, from an address; a repeated id is the same message only if the text is. Of one that was
 * deleted meanwhile nobody knows the text any more.
 * @throws ChatError `id-reused`, `too-many-requests`, and what `Uids.admit` throws
 */
export async function send(services: Services, address: string, letter: Letter): Promise<Appended> {
  const { log, uids, limits, tally } = services
  const { uid, claim, ...draft } = letter
  const from = await uids.admit(uid, claim, address)
  const isNew = async () => (await log.head(draft.room)).index === 0
  await limits.admitSend({ address, ...from, room: draft.room, isNew })
  const appended = await log.append({ ...draft, from })
  if (!appended.message.deleted && appended.message.text !== draft.text) {
    throw new ChatError(
      'id-reused',
      'A message with this id and another text is in the room already; nothing was stored.',
    )
  }
  tally.sends++
  if (appended.repeated) tally.duplicates++
  return appended
}

export function sentAnswer(message: Message): Sent {
  return { message: plainMessage(message), next: cursorAfter(message) }
}

function readBody(text: string, isJson: boolean): z.infer<typeof sendSchema> {
  const result = sendSchema.safeParse(isJson ? parseJson(text) : { text })
  if (!result.success) throw toChatError(result.error)
  return result.data
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decodeUtf8(bytes: Uint8Array | ArrayBuffer): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new ChatError('bad-request', 'The body is not UTF-8.', { cause })
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new ChatError('bad-request', 'The body is not JSON.', { cause })
  }
}
