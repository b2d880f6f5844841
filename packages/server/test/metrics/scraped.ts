import { expect } from 'vitest'
import type { Ask } from '../http.ts'

const LINE = /^([a-zA-Z_][a-zA-Z0-9_]*)(\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? ([-+.e\d]+|NaN|[+-]Inf)$/

/** The values of a scrape by name and labels, as they are written; every line is one that Prometheus reads. */
export async function scraped(ask: Ask, headers: Record<string, string> = {}): Promise<Map<string, number>> {
  const response = await ask('/metrics', { headers })
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  const values = new Map<string, number>()
  for (const line of (await response.text()).split('\n')) {
    if (line === '' || /^# (HELP|TYPE) \w+ ./.test(line)) continue
    const [, name, labels = '', value] = LINE.exec(line) ?? []
    expect({ line, name }).not.toEqual({ line, name: undefined })
    expect(values.has(`${name}${labels}`), line).toBe(false)
    values.set(`${name}${labels}`, Number(value))
  }
  return values
}
