/** The one place where an error becomes a sentence on standard error and an exit code. */
import { debuglog } from 'node:util'
import { ChatError, CursorReset } from '@poll-chat/protocol'
import { CommanderError } from 'commander'
import { EXIT, type ExitCode, Failure, isStartError } from '../failure.ts'
import { t } from '../messages/language.ts'
import { say } from './output.ts'

type Outcome = { code: ExitCode; sentence?: string }

/** Says why, and returns the code to exit with. Never throws. `NODE_DEBUG=poll-chat` shows the stack as well. */
export function report(error: unknown): ExitCode {
  const { code, sentence } = outcome(error)
  if (sentence !== undefined) {
    say(sentence)
    debuglog('poll-chat')('%o', error)
  }
  return code
}

function outcome(error: unknown): Outcome {
  if (error instanceof Failure) return { code: error.exitCode, sentence: error.message }
  if (error instanceof CommanderError) return commandLine(error)
  if (error instanceof ChatError) return refusal(error)
  if (!(error instanceof Error)) return { code: EXIT.failure, sentence: t.connection.somethingWrong(String(error)) }
  const sentence = isStartError(error) ? t.startFault(error.message) : t.connection.somethingWrong(error.message)
  return { code: EXIT.failure, sentence }
}

/** Help and `--version` come as errors too; commander has printed them. */
function commandLine(error: CommanderError): Outcome {
  if (error.exitCode === 0) return { code: EXIT.ok }
  if (error.code === 'commander.help') return { code: EXIT.usage, sentence: t.usage.seeHelp(t.usage.noSuchCommand) }
  const [fault = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n')
  const sentence = [fault.replace(/\.$/, ''), suggestion.replace(/^\(Did/, '(did')].join(' ').trim()
  return { code: EXIT.usage, sentence: t.usage.seeHelp(t.fault(sentence)) }
}

function refusal(error: ChatError): Outcome {
  const sentence = t.problem(error.code, error.message)
  if (error.status === 401) return { code: EXIT.notAllowed, sentence: t.connection.keyHint(sentence) }
  if (error.code === 'uid-taken') return { code: EXIT.notAllowed, sentence: t.connection.takenHint(sentence) }
  if (error instanceof CursorReset)
    return { code: EXIT.failure, sentence: t.connection.noSuchPlace(t.resetReason(error.reason)) }
  return { code: error.status === 403 ? EXIT.notAllowed : EXIT.failure, sentence }
}
