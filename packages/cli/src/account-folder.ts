import { systemCode } from './failure.ts'

/** Where this account's data lies, as the system has it. `undefined` for an account without a home, such as a container's bare uid. */
export async function accountFolder(): Promise<string | undefined> {
  try {
    // Looks for the home folder as soon as it is loaded.
    const { default: envPaths } = await import('env-paths')
    return envPaths('poll-chat', { suffix: '' }).data
  } catch (error) {
    if (systemCode(error) !== 'ERR_SYSTEM_ERROR') throw error
    return undefined
  }
}
