/** What a failed fetch means, from the error codes of Node, undici and OpenSSL. Browsers tell nothing. */
type NetworkReason = { reason: string; mayHaveArrived: boolean }

const NOT_CONNECTED: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the host name cannot be looked up now',
  EHOSTUNREACH: 'there is no way to this host',
  ENETUNREACH: 'there is no network',
  ENETDOWN: 'there is no network',
  UND_ERR_CONNECT_TIMEOUT: 'the host does not answer',
}

const CUT = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'UND_ERR_SOCKET',
  'HPE_INVALID_EOF_STATE',
  'ERR_STREAM_PREMATURE_CLOSE',
])

export function networkReason(error: unknown): NetworkReason {
  const code = codeOf(error)
  if (code === undefined) return { reason: 'the connection failed', mayHaveArrived: true }
  const notConnected = NOT_CONNECTED[code]
  if (notConnected !== undefined) return { reason: notConnected, mayHaveArrived: false }
  if (CUT.has(code)) return { reason: 'the connection was cut', mayHaveArrived: true }
  if (code === 'ETIMEDOUT') return { reason: 'the host does not answer', mayHaveArrived: true }
  if (code.startsWith('HPE_')) return { reason: 'this is not an HTTP server', mayHaveArrived: true }
  if (/CERT|SIGNATURE/.test(code))
    return { reason: `the server's certificate is not trusted (${code})`, mayHaveArrived: false }
  if (/^(EPROTO|ERR_SSL_)/.test(code))
    return { reason: `a secure connection is not possible (${code})`, mayHaveArrived: false }
  return { reason: `the connection failed (${code})`, mayHaveArrived: true }
}

/** The first code in the chain of causes: fetch wraps the socket's error in a `TypeError: fetch failed`. */
function codeOf(error: unknown): string | undefined {
  let cause = error
  for (let depth = 0; depth < 5 && cause instanceof Error; depth++) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
    if (cause.name === 'HTTPParserError') return 'HPE_UNKNOWN' // undici leaves the code of some undefined
    cause = cause.cause
  }
  return undefined
}
