/** Why a server cannot start, in one sentence that says what to do. Nothing was touched. */
export class StartError extends Error {
  override name = 'StartError'
}
