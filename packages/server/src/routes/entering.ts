/** Which room a request is about, and whose it is: asked by every route that has a room in it. */
import type { Context } from 'hono'
import type { AppEnv, Services } from '../context.ts'
import { roomInLog } from '../log/room-names.ts'
import { addressOf } from '../middleware/address.ts'
import { readCredentials } from '../middleware/credentials.ts'

/** `room`: what it is called in the log. */
type Entered = { room: string; claim: string | undefined; address: string }

/** @throws ChatError when a credential is malformed, or too many keys that open nothing were shown */
export async function enter(
  context: Context<AppEnv>,
  { rooms, limits }: Pick<Services, 'rooms' | 'limits'>,
  name: string,
): Promise<Entered> {
  const { claim, roomKey } = readCredentials((header) => context.req.header(header))
  const address = addressOf(context, limits)
  const room = roomInLog(name, roomKey)
  await rooms.enter(room, address)
  return { room, claim, address }
}
