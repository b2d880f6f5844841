/** What a request shows beside the server's key. Always headers: a URL ends up in logs and histories. */
import { ChatError, CLAIM_PATTERN, ROOM_KEY_PATTERN } from '@poll-chat/protocol'

/** `claim`: the secret that proves a uid to be the sender's own. `roomKey`: the key of the private room that is meant. */
export type Credentials = { claim: string | undefined; roomKey: string | undefined }

type Headers = (name: string) => string | undefined

/** @throws ChatError `bad-request`, which repeats nothing of what was shown */
export function readCredentials(header: Headers): Credentials {
  return { claim: readClaim(header), roomKey: checkedRoomKey(header('Poll-Chat-Room-Key')) }
}

/** The keys of several rooms, in their order. @throws ChatError `bad-request` */
export function readRoomKeys(header: Headers): string[] {
  const keys = header('Poll-Chat-Room-Key')?.split(/[ \t]*,[ \t]*/) ?? []
  for (const key of keys) checkedRoomKey(key)
  return keys
}

function checkedRoomKey(key: string | undefined): string | undefined {
  if (key !== undefined && !ROOM_KEY_PATTERN.test(key))
    throw new ChatError(
      'bad-request',
      'The header Poll-Chat-Room-Key must have 8-512 visible ASCII characters, and no comma.',
    )
  return key
}

/** @throws ChatError `bad-request` */
export function readClaim(header: Headers): string | undefined {
  const claim = header('Poll-Chat-Claim')
  if (claim !== undefined && !CLAIM_PATTERN.test(claim))
    throw new ChatError(
      'bad-request',
      'The header Poll-Chat-Claim must have 32 random bytes as 43 characters of base64url.',
    )
  return claim
}

/** For the API description: the header of routes that act as a uid. It is read by hand, which takes less of a send. */
export const CLAIM_HEADER = {
  name: 'Poll-Chat-Claim',
  in: 'header',
  description:
    'Proves the uid to be yours. The first that is shown for a free uid claims it. 32 random bytes as base64url.',
  schema: { type: 'string', pattern: CLAIM_PATTERN.source },
} as const

/** For the API description: the header that makes a room a private one. */
export const ROOM_KEY_HEADER = {
  name: 'Poll-Chat-Room-Key',
  in: 'header',
  description:
    'Means the private room of that name and this key, which is another room than the public one and than that of any other key.',
  schema: { type: 'string', pattern: ROOM_KEY_PATTERN.source },
} as const
