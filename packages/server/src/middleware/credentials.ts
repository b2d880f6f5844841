/** What a request shows beside the server's key. Always headers: a URL ends up in logs and histories. */
import { ChatError, CLAIM_PATTERN } from '@poll-chat/protocol'

/** `claim`: the secret that proves a uid to be the sender's own. */
export type Credentials = { claim: string | undefined }

/** @throws ChatError `bad-request`, which repeats nothing of what was shown */
export function readCredentials(header: (name: string) => string | undefined): Credentials {
  const claim = header('Poll-Chat-Claim')
  if (claim !== undefined && !CLAIM_PATTERN.test(claim))
    throw new ChatError(
      'bad-request',
      'The header Poll-Chat-Claim must have 32 random bytes as 43 characters of base64url.',
    )
  return { claim }
}

/** For the API description: the header of routes that act as a uid. It is read by hand, which takes less of a send. */
export const CLAIM_HEADER = {
  name: 'Poll-Chat-Claim',
  in: 'header',
  description:
    'Proves the uid to be yours. The first that is shown for a free uid claims it. 32 random bytes as base64url.',
  schema: { type: 'string', pattern: CLAIM_PATTERN.source },
} as const
