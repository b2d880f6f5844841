/** Why a log could not be taken out or put in, in one sentence that says what to do. */
export class TransferError extends Error {
  override name = 'TransferError'
}
