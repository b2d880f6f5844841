import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { classicPage } from '../../src/routes/classic-page.ts'
import { chatApp } from '../chat-app.ts'
import { draft } from '../drafts.ts'
import { refusal } from '../http.ts'

const pages = ['/home/', '/lang/?uid=alice'] as const

for (const path of pages) {
  describe(`GET ${path}`, () => {
    it('is a page whose script and style are the only ones that may run', async () => {
      const response = await chatApp().ask(path)
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
      const policy = response.headers.get('content-security-policy') ?? ''
      const page = await response.text()
      expect(page.startsWith('<!doctype html>')).toBe(true)
      expect(policy).toContain("default-src 'none'")
      for (const part of ["connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])
        expect(policy).toContain(part)
      expect(policy).not.toMatch(/unsafe|\*/)
      expect(directive(policy, 'script-src')).toBe(hashOf(page, 'script'))
      expect(directive(policy, 'style-src')).toBe(hashOf(page, 'style'))
      expect(page.match(/<script/g)).toHaveLength(1)
      expect(page).not.toMatch(/ on\w+=|<[^>]+ (?:src|href|style)=|innerHTML|javascript:/)
    })

    it('names its room, the lobby unless told otherwise', async () => {
      const { ask } = chatApp()
      expect(await (await ask(path)).text()).toContain('data-room="lobby"')
      const query = `${path.includes('?') ? '&' : '?'}room=`
      expect(await (await ask(`${path}${query}side`)).text()).toContain('data-room="side"')
      expect(await refusal(ask(`${path}${query}%22%3E%3Cscript%3E`))).toBe('400 bad-request')
    })
  })
}

it('a page has nothing of a uid or a room as HTML, whatever they are', async () => {
  const evil = `"><script>alert('&')</script>`
  const page = String(await classicPage({ mode: 'long', room: evil, uid: evil }))
  expect(page).not.toContain(evil)
  expect(page.match(/<script/g)).toHaveLength(1)
  expect(page.match(/&quot;&gt;&lt;script&gt;/g)?.length).toBeGreaterThanOrEqual(4)
})

describe('GET /lang/', () => {
  it('opens the inbox at the head, and keeps the place of one that is there', async () => {
    const { ask, log } = chatApp()
    await log.append(draft('lobby', 'old'))
    await ask('/lang/?uid=alice')
    await log.append(draft('lobby', 'new'))
    await ask('/lang/?uid=alice')
    expect(await (await ask('/get/message?uid=alice')).json()).toMatchObject({ data: 'new' })
  })

  it('needs a uid that is a name', async () => {
    const { ask } = chatApp()
    expect(await refusal(ask('/lang/'))).toBe('400 bad-request')
    expect(await refusal(ask('/lang/?uid=%3Cb%3E'))).toBe('400 bad-request')
  })

  it('is the page that long-polls, and /home/ the one that polls', async () => {
    const { ask } = chatApp()
    expect(await (await ask('/lang/?uid=alice')).text()).toContain(
      'data-mode="long" data-room="lobby" data-uid="alice"',
    )
    expect(await (await ask('/home/')).text()).toContain('data-mode="poll" data-room="lobby" data-uid=""')
  })
})

function directive(policy: string, name: string): string | undefined {
  return new RegExp(`${name} ([^;]+)`).exec(policy)?.[1]
}

function hashOf(page: string, element: string): string {
  const source = new RegExp(`<${element}>([^]*?)</${element}>`).exec(page)?.[1] ?? ''
  return `'sha256-${createHash('sha256').update(source).digest('base64')}'`
}
