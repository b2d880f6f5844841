/** Looks at what lies between here and a server, and tells each finding as soon as it is known. */
import type { Client } from '@poll-chat/client'
import { EVENTS_HEARTBEAT_SECONDS, SOCKET_HEARTBEAT_SECONDS } from '@poll-chat/protocol'
import { systemCode } from '../failure.ts'
import { t } from '../messages/language.ts'
import { type Answer, exchange, keepOne } from './exchange.ts'
import type { Finding } from './finding.ts'

const HEARTBEAT_SECONDS = { sse: EVENTS_HEARTBEAT_SECONDS, ws: SOCKET_HEARTBEAT_SECONDS }

/** How long plain requests may take, in milliseconds. */
const PATIENCE_MS = 10_000

/** How long requests are let hang, in seconds. 25 is what clients ask for; proxies cut at 30 and 60. */
const HANGS = [5, 10, 25, 40, 55]

/** How long a connection is left idle, in seconds. */
const IDLES = [5, 15, 30, 50]

const PINGS = 5

/** Certificates that end within this time are worth a word, in days. */
const SOON_DAYS = 14

/** A difference of clocks that people notice, in milliseconds. */
const CLOCK_MS = 60_000

export type Examination = {
  url: string
  key: string | undefined
  client: Client
  /** The longest that a check may take, in seconds. */
  seconds: number
  signal: AbortSignal
  tell: (finding: Finding) => void
}

/** Returns whether one can chat. */
export async function examine(examination: Examination): Promise<boolean> {
  const first = await findServer(examination)
  if (!first) return false
  tellClock(examination, first)
  const polls = await checkPolls(examination)
  await Promise.all([
    checkLatency(examination),
    checkHanging(examination),
    checkStream(examination, 'sse'),
    checkStream(examination, 'ws'),
    checkKeepAlive(examination),
  ])
  return polls
}

/** Whether there is a poll-chat server, and what the way to it looks like. */
async function findServer({ url, key, signal, tell }: Examination): Promise<Answer | undefined> {
  let answer: Answer
  try {
    answer = await exchange(new URL(`${url}/v1`), { key, timeoutMs: PATIENCE_MS, signal })
  } catch (error) {
    const code = systemCode(error) ?? (error instanceof Error ? error.name : '?')
    const isTls = /CERT|SSL|TLS|SIGNATURE/.test(code)
    tell({ check: isTls ? 'tls' : 'address', verdict: 'bad', ...t.doctor.unreachable(code), value: code })
    return undefined
  }
  tell({ check: 'address', verdict: 'good', said: t.doctor.reached(answer.remoteAddress ?? '?') })
  tellTls(url, answer, tell)
  const isOurs = answer.text.includes('"poll-chat"')
  if (answer.status === 401) tell({ check: 'server', verdict: 'bad', ...t.doctor.keyNeeded, value: answer.status })
  else if (answer.status === 200 && isOurs)
    tell({ check: 'server', verdict: 'good', said: t.doctor.isServer(versionIn(answer.text)) })
  else tell({ check: 'server', verdict: 'bad', ...t.doctor.isNoServer(answer.status), value: answer.status })
  tellProxies(answer, tell)
  return answer.status === 200 && isOurs ? answer : undefined
}

function tellTls(url: string, { tls }: Answer, tell: Examination['tell']): void {
  if (!tls) {
    const isLocal = /^http:\/\/(localhost|127\.|\[::1\])/.test(url)
    return tell({
      check: 'tls',
      verdict: isLocal ? 'good' : 'poor',
      ...(isLocal ? t.doctor.localPlain : t.doctor.plain),
      value: false,
    })
  }
  const days = Math.floor((tls.validUntil.getTime() - Date.now()) / 86_400_000)
  const said = t.doctor.tls(tls.protocol, tls.authority, days)
  if (days < SOON_DAYS) tell({ check: 'tls', verdict: 'poor', said, advice: t.doctor.renew, value: days })
  else tell({ check: 'tls', verdict: 'good', said, value: days })
}

/** Proxies that say that they are there. */
function tellProxies({ headers }: Answer, tell: Examination['tell']): void {
  const signs = ['via', 'server', 'x-cache', 'cf-ray', 'x-amz-cf-id', 'x-served-by']
  const found = signs.flatMap((name) => (headers[name] === undefined ? [] : [`${name}: ${headers[name]}`]))
  tell({
    check: 'proxies',
    verdict: 'good',
    said: found.length === 0 ? t.doctor.noProxy : found.join(', '),
    value: found.length,
  })
}

function tellClock({ tell }: Examination, { headers, tookMs }: Answer): void {
  const date = Date.parse(headers.date ?? '')
  if (Number.isNaN(date)) return
  // The header has whole seconds, and was written about half a round trip ago.
  const differenceMs = Math.round(date + 500 + tookMs / 2 - Date.now())
  const isFar = Math.abs(differenceMs) > CLOCK_MS
  tell({
    check: 'clock',
    verdict: isFar ? 'poor' : 'good',
    said: t.doctor.clock(Math.round(differenceMs / 1_000)),
    ...(isFar && { advice: t.doctor.setClock }),
    value: differenceMs,
  })
}

/** A room in which nobody ever speaks: reading makes no room. */
function quietRoom(): string {
  return `doctor-${crypto.randomUUID()}`
}

async function checkPolls({ url, key, signal, tell }: Examination): Promise<boolean> {
  const address = new URL(`${url}/v1/rooms/${quietRoom()}/messages?after=0`)
  const status = await exchange(address, { key, timeoutMs: PATIENCE_MS, signal }).then(
    (answer) => answer.status,
    (error: unknown) => systemCode(error) ?? 'no answer',
  )
  if (status === 200) tell({ check: 'poll', verdict: 'good', said: t.doctor.pollPasses })
  else tell({ check: 'poll', verdict: 'bad', ...t.doctor.pollFails(`${status}`), value: status })
  return status === 200
}

async function checkLatency({ url, key, signal, tell }: Examination): Promise<void> {
  const agent = keepOne(new URL(url))
  const times: number[] = []
  for (let i = 0; i < PINGS; i++) {
    const answer = await exchange(new URL(`${url}/v1`), { key, agent, timeoutMs: PATIENCE_MS, signal }).catch(
      () => undefined,
    )
    if (answer && i > 0) times.push(answer.tookMs) // the first one opens the connection
  }
  agent.destroy()
  const median = times.toSorted((a, b) => a - b)[times.length >> 1]
  if (median === undefined) return
  const ms = Math.round(median)
  tell({ check: 'latency', verdict: 'good', said: t.doctor.latency(ms), value: ms })
}

/** All at once: the longest that comes back decides, and takes the time of all. */
async function checkHanging({ url, key, signal, seconds, tell }: Examination): Promise<void> {
  const hangs = HANGS.filter((hang) => hang <= seconds)
  const results = await Promise.all(
    hangs.map(async (hang) => {
      const address = new URL(`${url}/v1/rooms/${quietRoom()}/messages?after=0&wait=${hang}`)
      const askedAt = performance.now()
      const answer = await exchange(address, { key, timeoutMs: (hang + 10) * 1_000, signal }).catch(() => undefined)
      const tookSeconds = Math.round((performance.now() - askedAt) / 1_000)
      return { hang, tookSeconds, survived: answer?.status === 200 && tookSeconds >= hang - 1 }
    }),
  )
  const longest = results.findLast(({ survived }) => survived)?.hang ?? 0
  const cut = results.find(({ survived }) => !survived)
  if (!cut) return tell({ check: 'hanging', verdict: 'good', said: t.doctor.hangs(longest), value: longest })
  const said = t.doctor.hangsCut(longest, cut.hang, cut.tookSeconds)
  if (longest >= 25) return tell({ check: 'hanging', verdict: 'good', said, value: longest })
  tell({ check: 'hanging', verdict: 'poor', said, advice: t.doctor.hangLonger, value: longest })
}

/** A silent stream proves itself with a heartbeat, for which there has to be time. */
async function checkStream({ client, signal, seconds, tell }: Examination, way: 'sse' | 'ws'): Promise<void> {
  if (seconds <= HEARTBEAT_SECONDS[way]) return
  const verdict = await client.probe(quietRoom(), way, { signal })
  if (!verdict) return
  if (verdict.passes) return tell({ check: way, verdict: 'good', said: t.doctor.streamPasses[way], value: true })
  tell({
    check: way,
    verdict: 'poor',
    said: t.doctor.streamFails[way](verdict.why),
    advice: t.doctor.streamAdvice[way],
    value: false,
  })
}

async function checkKeepAlive({ url, key, signal, seconds, tell }: Examination): Promise<void> {
  const idles = IDLES.filter((idle) => idle <= seconds)
  const results = await Promise.all(
    idles.map(async (idle) => {
      const agent = keepOne(new URL(url))
      const ask = () => exchange(new URL(`${url}/healthz`), { key, agent, timeoutMs: PATIENCE_MS, signal })
      try {
        await ask()
        await new Promise((resolve) => setTimeout(resolve, idle * 1_000))
        return { idle, survived: (await ask()).isReused }
      } catch {
        return { idle, survived: false }
      } finally {
        agent.destroy()
      }
    }),
  )
  const longest = results.findLast(({ survived }) => survived)?.idle ?? 0
  if (longest > 0)
    return tell({ check: 'keep-alive', verdict: 'good', said: t.doctor.keptAlive(longest), value: longest })
  tell({ check: 'keep-alive', verdict: 'poor', said: t.doctor.notKeptAlive, advice: t.doctor.keepAlive, value: 0 })
}

function versionIn(text: string): string {
  return /"version":"([\w.-]{1,40})"/.exec(text)?.[1] ?? '?'
}
