/** Every page that there is, found by asking every route: under a policy of its own that lets nothing in, held by no other window. */
import { expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'

/** Some route would not answer without these. */
const QUERY = 'uid=alice&text=x&index=0&after=0&q=word&wait=0&ack=0'

it('has a strict policy and the security headers, as every answer has its own', { timeout: 30_000 }, async () => {
  const { app, ask } = chatApp()
  const paths = new Set(app.routes.filter(({ method }) => method === 'GET').map(({ path }) => path))
  const pages: string[] = []
  for (const path of paths) {
    const answer = await ask(`${path.replaceAll(/:\w+/g, 'lobby')}?${QUERY}`)
    const header = (name: string) => answer.headers.get(name) ?? ''
    expect([path, header('x-content-type-options')]).toEqual([path, 'nosniff'])
    expect([path, header('referrer-policy')]).toEqual([path, 'no-referrer'])
    expect([path, header('cross-origin-resource-policy')]).toEqual([path, 'same-origin'])
    await answer.body?.cancel()
    if (!header('content-type').includes('html')) continue
    pages.push(path)
    const policy = new Map(
      header('content-security-policy')
        .split('; ')
        .map((rule): [string, string] => [rule.split(' ', 1)[0] ?? '', rule.slice(rule.indexOf(' ') + 1)]),
    )
    expect([path, policy.get('default-src')]).toEqual([path, "'none'"])
    for (const name of ['base-uri', 'form-action', 'frame-ancestors']) {
      expect([path, name, policy.get(name)]).toEqual([path, name, "'none'"])
    }
    expect([path, [...policy.values()].join(' ')]).toEqual([path, expect.not.stringMatching(/unsafe|\*|https?:|data:/)])
    expect([path, header('cross-origin-opener-policy')]).toEqual([path, 'same-origin'])
    expect([path, header('permissions-policy')]).toEqual([path, expect.stringContaining('camera=()')])
  }
  expect(pages.sort()).toEqual(['/', '/home/', '/lang/'])
})
