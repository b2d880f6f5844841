import { t } from '../messages/language.ts'
import { parseCommand } from '../slash-commands.ts'
import { readLines } from '../stdin.ts'
import { say } from '../terminal/output.ts'

/**
 * What a person types where no box can be drawn: the lines that are messages, without those that are commands. Ends at
 * `/quit`, as at the end of the input.
 */
export async function* typedLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const line of readLines(input)) {
    const command = parseCommand(line)
    if (command.type === 'say') yield Buffer.from(`${command.text}\n`)
    else if (command.type === 'quit') return
    else if (command.type === 'help') say(t.chat.plainHelp)
    else
      say(
        command.type === 'unknown'
          ? t.chat.unknownCommand(command.name, command.suggestion)
          : t.chat.notInPlain(command.type),
      )
  }
}
