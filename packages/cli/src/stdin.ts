/** Standard input, or a file, as text. Bounded: nothing that could not be sent is kept in memory. */
import { MAX_TEXT_BYTES } from '@poll-chat/protocol'
import { UsageError } from './failure.ts'
import { t } from './messages/language.ts'

/** All of the input without one newline at its end. Reads no further than one message can hold. `name` is said of a fault. */
export async function readText(input: AsyncIterable<Uint8Array>, name = t.input.standardInput): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of input) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_TEXT_BYTES + 2) throw new UsageError(t.input.tooLong(name))
  }
  return decode(Buffer.concat(chunks), name).replace(/\r?\n$/, '')
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new UsageError(t.input.notUtf8(name), error)
  }
}

/** The lines of the input as they come. Of a line that is too long to be sent only as much is kept as shows it. */
export async function* readLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of input) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()?.slice(0, MAX_TEXT_BYTES + 1) ?? ''
    for (const line of lines) yield line.replace(/\r$/, '')
  }
  rest += decoder.decode()
  if (rest !== '') yield rest.replace(/\r$/, '')
}
