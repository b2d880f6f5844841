import { MAX_HEADERS } from '@poll-chat/protocol'

/** What the lane reads of a request before its body. */
export type Head = { method: 'GET' | 'POST'; target: string; fields: Fields }

/** Names are in lower case. `bodyBytes` is undefined where no length is given. */
export type Fields = { values: ReadonlyMap<string, string>; hostname: string; bodyBytes: number | undefined }

const REQUEST_LINE = /^(GET|POST) (\/[!-~]*) HTTP\/1\.1$/
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([!-~](?:[ -~\t]*[!-~])?)$/
const HOST = /^[A-Za-z0-9.-]+(?::\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](?::\d{1,5})?$/

/** What changes the meaning of a request: codings, other protocols, hop-by-hop matters. Somebody else's work. */
const FOREIGN = ['transfer-encoding', 'trailer', 'te', 'upgrade', 'http2-settings', 'expect', 'proxy-connection']

/**
 * Reads one whole head, its last empty line included, in a subset of RFC 9112 in which two readers cannot disagree.
 * `undefined` for anything else, be it right or wrong: the full parser decides about that.
 */
export function readHead(
  text: string,
  readFields: (lines: string) => Fields | undefined = parseFields,
): Head | undefined {
  const lineEnd = text.indexOf('\r\n')
  const [, method, target] = REQUEST_LINE.exec(text.slice(0, lineEnd)) ?? []
  if ((method !== 'GET' && method !== 'POST') || target === undefined) return undefined
  const fields = readFields(text.slice(lineEnd + 2, -4))
  return fields && (fields.bodyBytes !== undefined) === (method === 'POST') ? { method, target, fields } : undefined
}

/** All header lines, without the last line's end. */
export function parseFields(lines: string): Fields | undefined {
  const values = new Map<string, string>()
  for (const line of lines.split('\r\n')) {
    const [, name, value] = HEADER_LINE.exec(line) ?? []
    if (name === undefined || value === undefined) return undefined
    const key = name.toLowerCase()
    if (values.has(key)) return undefined
    values.set(key, value)
  }
  if (values.size > MAX_HEADERS || FOREIGN.some((name) => values.has(name))) return undefined
  if ((values.get('connection') ?? 'keep-alive').toLowerCase() !== 'keep-alive') return undefined
  const length = values.get('content-length')
  if (length !== undefined && !/^(?:0|[1-9]\d{0,5})$/.test(length)) return undefined
  const host = values.get('host') ?? ''
  if (!HOST.test(host) || !URL.canParse(`http://${host}`)) return undefined
  return {
    values,
    hostname: new URL(`http://${host}`).hostname,
    bodyBytes: length === undefined ? undefined : Number(length),
  }
}
