/** A request head as the lane accepts it. Names are in lower case. */
export type Head = { target: string; headers: ReadonlyMap<string, string> }

const REQUEST_LINE = /^GET (\/[!-~]*) HTTP\/1\.1$/
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([!-~](?:[ -~\t]*[!-~])?)$/

/** What changes the meaning of a request: bodies, other protocols, hop-by-hop matters. Somebody else's work. */
const FOREIGN = [
  'content-length',
  'transfer-encoding',
  'trailer',
  'te',
  'upgrade',
  'http2-settings',
  'expect',
  'proxy-connection',
]

/**
 * Reads one whole head, its last empty line included, in a subset of RFC 9112 in which two readers cannot disagree.
 * `undefined` for anything else, be it right or wrong: the full parser decides about that.
 */
export function readHead(text: string): Head | undefined {
  const [requestLine, ...lines] = text.slice(0, -4).split('\r\n')
  const target = REQUEST_LINE.exec(requestLine ?? '')?.[1]
  if (target === undefined) return undefined
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = HEADER_LINE.exec(line) ?? []
    if (name === undefined || value === undefined) return undefined
    const key = name.toLowerCase()
    if (headers.has(key)) return undefined
    headers.set(key, value)
  }
  if (FOREIGN.some((name) => headers.has(name))) return undefined
  if ((headers.get('connection') ?? 'keep-alive').toLowerCase() !== 'keep-alive') return undefined
  return /^[A-Za-z0-9.-]+(?::\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](?::\d{1,5})?$/.test(headers.get('host') ?? '')
    ? { target, headers }
    : undefined
}
