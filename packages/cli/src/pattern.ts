/** A regular expression from the command line, against texts from anybody. */
import { UsageError } from './failure.ts'
import { t } from './messages/language.ts'

/** Longest that a text may take, in milliseconds. A usual one takes less than one. */
const MATCH_WITHIN_MS = 250

/**
 * Whether a text matches. `^` and `$` are line ends, as in grep.
 * `(a+)+$` takes years on a text that somebody made for it, so every match has a deadline; when it is over, it counts as
 * no match and `onSlow` is called.
 * @throws UsageError when it is no regular expression
 */
export function matcher(pattern: string, ignoreCase: boolean, onSlow: () => void): (text: string) => boolean {
  const regex = compile(pattern, ignoreCase ? 'imu' : 'mu')
  const { Script, createContext } = process.getBuiltinModule('node:vm') // only this can stop a regular expression
  const context = createContext({ regex, text: '' })
  const script = new Script('regex.test(text)')
  const test = () => script.runInContext(context, { timeout: MATCH_WITHIN_MS }) === true
  return (text) => {
    context.text = text
    try {
      return retried(test)
    } catch (error) {
      if (!isTimeout(error)) throw error
      onSlow()
      return false
    }
  }
}

/** Once more: on a busy machine the time may have gone to others. */
function retried(test: () => boolean): boolean {
  try {
    return test()
  } catch (error) {
    if (!isTimeout(error)) throw error
    return test()
  }
}

/** The error is one of the context, and so no `Error` of ours. */
function isTimeout(error: unknown): boolean {
  return Object(error).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}

function compile(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags)
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /, '') : String(error)
    throw new UsageError(t.wait.badPattern(pattern, reason), error)
  }
}
