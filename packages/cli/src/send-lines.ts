/** Each line of an input as one message. */
import type { Client } from '@poll-chat/client'
import { ChatError, MAX_TEXT_BYTES, type Message, textFault } from '@poll-chat/protocol'
import { reaching } from './connect.ts'
import { Failure } from './failure.ts'
import { t } from './messages/language.ts'
import { readLines } from './stdin.ts'
import { say } from './terminal/output.ts'

export type LinesOptions = {
  room: string
  /** How long to go on trying with each line, in milliseconds. @default the client's 30,000 */
  timeoutMs?: number
  /** Makes repeating the whole input safe: line N is sent with the id `<idPrefix>-N`. @default random ids */
  idPrefix?: string | undefined
  /** Called with each message as the server has it. */
  onSent?: (message: Message) => Promise<void> | void
}

export type LinesSent = { sentIndex: number; refused: number }

/**
 * Sends every line that is not blank, one after the other: order is worth more than speed. A line that cannot be sent is
 * named on standard error, and the others are sent.
 * @throws Failure naming the line at which the server could not be reached; ChatError when it lets nobody send
 */
export async function sendLines(
  client: Client,
  input: AsyncIterable<Uint8Array>,
  { room, timeoutMs, idPrefix, onSent }: LinesOptions,
): Promise<LinesSent> {
  const result: LinesSent = { sentIndex: 0, refused: 0 }
  const refuse = (number: number, why: string) => {
    result.refused++
    say(t.input.lineNotSent(number, why))
  }
  let number = 0
  for await (const line of readLines(input)) {
    number++
    if (line.trim() === '') continue
    const fault = line.length > MAX_TEXT_BYTES ? 'long' : textFault(line)
    if (fault !== undefined) {
      refuse(number, fault === 'long' ? t.input.longLine : t.problem(fault.code, fault.detail))
      continue
    }
    const id = idPrefix === undefined ? {} : { id: `${idPrefix}-${number}` }
    const timeout = timeoutMs === undefined ? {} : { timeoutMs }
    try {
      const { message } = await reaching(client, client.send(line, { room, ...id, ...timeout }))
      result.sentIndex = message.index
      await onSent?.(message)
    } catch (error) {
      if (error instanceof Failure)
        throw new Failure(t.input.stoppedAtLine(number, error.message), error.exitCode, error)
      if (!isOfOneMessage(error)) throw error
      refuse(number, t.problem(error.code, error.message))
    }
  }
  return result
}

/** The server refuses this message; the next may be welcome. */
function isOfOneMessage(error: unknown): error is ChatError {
  return error instanceof ChatError && (error.code === 'id-reused' || error.code === 'bad-request')
}

/** @throws Failure when lines were refused */
export function assertAllSent({ refused }: LinesSent): void {
  if (refused > 0) throw new Failure(t.input.linesNotSent(refused))
}
