/** The page in a real browser: people in profiles of their own, a server that comes and goes, tabs, phones, keyboards. */
import { rmSync } from 'node:fs'
import { createClient } from '@poll-chat/client'
import type { Browser, Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser } from './fixture/browser.ts'
import { ChatPage } from './fixture/chat-page.ts'
import { ServerProcess } from './fixture/server-process.ts'

const TIMEOUT = { timeout: 90_000 }

let browser: Browser
let server: ServerProcess

beforeAll(async () => {
  browser = await launchBrowser()
}, 60_000)
beforeEach(async () => {
  server = await ServerProcess.start()
}, 60_000)
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
  await server.dispose()
})
afterAll(() => browser?.close())

const script = () => createClient({ url: server.url, uid: 'script' })

async function sayAll(texts: readonly string[], room = 'lobby'): Promise<void> {
  for (const text of texts) await script().send(text, { room })
}

const numbered = (count: number, name = 'line') => Array.from({ length: count }, (_, i) => `${name} ${i + 1}`)

test('two people chat; a text is only ever text, and only http links are links', TIMEOUT, async () => {
  const alice = await ChatPage.enter(browser, server.url, 'alice')
  const bob = await ChatPage.enter(browser, server.url, 'bob')
  const texts = [
    'hello bob',
    '你好 @alice 👩‍👩‍👧‍👦',
    '<img src=x onerror="document.title=1"> <script>document.title=1</script>',
    'javascript:alert(1) see https://example.com/a_(b).',
  ]
  for (const [i, text] of texts.entries()) {
    await (i % 2 === 0 ? alice : bob).say(text)
    await alice.shows(texts.slice(0, i + 1))
    await bob.shows(texts.slice(0, i + 1))
  }
  expect(await alice.page.locator('.message img, .message script').count()).toBe(0)
  expect(
    await alice.page.locator('.message a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))),
  ).toEqual(['https://example.com/a_(b)'])
  expect(await alice.page.locator('.mentions-me .text').innerText()).toContain('@alice')
  expect([...alice.errors, ...bob.errors]).toEqual([])
})

test('the policy lets nothing run but the own script', TIMEOUT, async () => {
  const alice = await ChatPage.enter(browser, server.url, 'alice')
  const answer = await alice.page.reload()
  expect(answer?.headers()['content-security-policy']).not.toMatch(/unsafe|\*/)
  await alice.ready()
  await alice.page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'document.title = "owned"'
    document.body.append(script)
  })
  expect(await alice.page.title()).toBe('lobby · poll-chat')
  expect(alice.errors.join()).toContain('Content Security Policy')
})

test('an Enter that ends a composition does not send', TIMEOUT, async () => {
  const alice = await ChatPage.enter(browser, server.url, 'alice')
  await alice.box.focus()
  const devtools = await alice.page.context().newCDPSession(alice.page)
  await devtools.send('Input.imeSetComposition', { text: 'nihao', selectionStart: 5, selectionEnd: 5 })
  const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 }
  await devtools.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter })
  await devtools.send('Input.insertText', { text: '你好' })
  await devtools.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter })
  expect(await alice.box.inputValue()).toBe('你好')
  expect(await alice.texts()).toEqual([])
  await alice.box.press('Shift+Enter')
  await devtools.send('Input.insertText', { text: '世界' })
  await alice.box.press('Enter')
  await alice.shows(['你好\n世界'])
})

test(
  'what is written without a server is kept, also when the page is closed, and sent when it is back',
  TIMEOUT,
  async () => {
    const alice = await ChatPage.enter(browser, server.url, 'alice')
    await alice.say('before')
    await alice.shows(['before'])
    await server.kill()
    await alice.say('while it was down 1')
    await alice.say('while it was down 2')
    await alice.page.getByText('Connection lost').first().waitFor()
    expect(await alice.page.locator('.pending').count()).toBe(2)
    await server.start()
    const all = ['before', 'while it was down 1', 'while it was down 2']
    await alice.shows(all, 60_000)

    await server.kill()
    await alice.say('written and closed')
    await alice.page.locator('.pending').waitFor()
    const context = alice.page.context()
    await alice.page.close()
    await server.start()
    const again = await ChatPage.tab(context, server.url)
    await again.shows([...all, 'written and closed'], 60_000)
    const log = await script().poll('lobby', { after: '0' })
    expect(log.messages.map(({ text }) => text)).toEqual([...all, 'written and closed'])
  },
)

test('offline and back: nothing is lost or shown twice', TIMEOUT, async () => {
  const alice = await ChatPage.enter(browser, server.url, 'alice')
  await sayAll(['one'])
  await alice.shows(['one'])
  await alice.page.context().setOffline(true)
  await sayAll(['two'])
  await alice.say('three, from the train')
  await alice.page.getByText('Connection lost').first().waitFor()
  await alice.page.context().setOffline(false)
  await alice.shows(['one', 'two', 'three, from the train'], 60_000)
})

test('the log was replaced: the reader is told, and what it has now follows', TIMEOUT, async () => {
  const alice = await ChatPage.enter(browser, server.url, 'alice')
  await sayAll(['old 1', 'old 2'])
  await alice.shows(['old 1', 'old 2'])
  await server.kill()
  rmSync(server.dataFolder, { recursive: true })
  await server.start()
  await sayAll(['new 1'])
  await alice.shows(['old 1', 'old 2', 'new 1'], 60_000)
  expect(await alice.page.locator('.notice').innerText()).toContain('lost its log')
})

test('rooms have unread counts, "new" stands above what is unread, and the place is kept', TIMEOUT, async () => {
  const alice = await ChatPage.enter(browser, server.url, 'alice')
  await alice.page.getByLabel('Join or make a room').fill('tea')
  await alice.page.keyboard.press('Enter')
  await alice.ready()
  await sayAll(['hello', 'are you there, @alice?'])
  const lobby = alice.page.getByRole('button', { name: /^lobby/ })
  await expect.poll(() => lobby.innerText()).toMatch(/@ 2/)
  await expect.poll(() => alice.page.title()).toBe('(2) tea · poll-chat')
  await alice.page.keyboard.press('Alt+ArrowUp')
  await alice.shows(['hello', 'are you there, @alice?'])
  expect(await alice.page.locator('.rule.new + .message .text').innerText()).toBe('hello')
  await expect.poll(() => alice.page.title()).toBe('lobby · poll-chat')
  await alice.page.reload()
  await alice.ready()
  expect(await alice.page.getByRole('button', { name: /^tea/ }).count()).toBe(1)
})

test('older messages come when one scrolls up, and the reader stays where they are', TIMEOUT, async () => {
  await sayAll(numbered(150))
  const alice = await ChatPage.enter(browser, server.url, 'alice')
  await alice.page.getByText('line 150', { exact: true }).waitFor()
  expect(await alice.page.getByText('line 80', { exact: true }).count()).toBe(0)
  const scroller = alice.page.locator('.scroller')
  const first = alice.page.getByText('line 91', { exact: true })
  await scroller.evaluate((element) => element.scrollTo(0, 0))
  const placeOf = async (line: Locator) => (await line.boundingBox())?.y ?? Number.NaN
  const before = await placeOf(first)
  await alice.page.getByText('line 31', { exact: true }).waitFor()
  expect(Math.abs((await placeOf(first)) - before)).toBeLessThan(2) // screens have no half pixels
  const middle = alice.page.getByText('line 60', { exact: true })
  await middle.scrollIntoViewIfNeeded()
  const place = await placeOf(middle)
  await sayAll(numbered(3, 'later'))
  const toEnd = alice.page.getByRole('button', { name: '3 new messages' })
  await toEnd.waitFor()
  expect(Math.abs((await placeOf(middle)) - place)).toBeLessThan(2)
  await toEnd.click()
  await expect.poll(() => alice.page.getByText('later 3', { exact: true }).isVisible()).toBe(true)
  for (let i = 0; i < 20 && !(await alice.page.getByText('beginning of the room').isVisible()); i++) {
    await scroller.evaluate((element) => element.scrollTo(0, 0))
    await alice.page.waitForTimeout(50)
  }
  expect(await alice.texts()).toEqual([...numbered(150), ...numbered(3, 'later')])
})

test('one sees who is here and who types', TIMEOUT, async () => {
  const alice = await ChatPage.enter(browser, server.url, 'alice')
  const bob = await ChatPage.enter(browser, server.url, 'bob')
  await alice.page.getByRole('button', { name: '2 people are here' }).click()
  await expect.poll(() => alice.page.locator('.people li > bdi').allInnerTexts()).toEqual(['alice', 'bob'])
  await bob.box.pressSequentially('hm')
  await expect.poll(() => alice.page.locator('.typing').allInnerTexts(), { timeout: 20_000 }).toEqual(['bob …'])
  await bob.box.press('Enter')
  await alice.shows(['hm'])
  await expect.poll(() => alice.page.locator('.typing').count(), { timeout: 20_000 }).toBe(0)
})

test('a name belongs to who came first, who can take it along; others choose another', TIMEOUT, async () => {
  const alice = await ChatPage.enter(browser, server.url, 'alice')
  await alice.say('it is me')
  await alice.shows(['it is me'])
  await expect.poll(() => alice.page.locator('.message .verified').count()).toBe(1)
  await alice.page.getByRole('button', { name: 'Settings' }).click()
  await alice.page.getByText('Show identity to copy').click()
  const identity = await alice.page.getByLabel('Identity', { exact: true }).inputValue()

  const other = await ChatPage.tab(await browser.newContext({ locale: 'en-GB' }), server.url)
  await other.page.getByLabel('Who are you?').fill('alice')
  await other.page.keyboard.press('Enter')
  await other.page.getByText('“alice” belongs to somebody else').waitFor()
  await other.page.getByText('Import an identity').click()
  await other.page.locator('#identity').fill('{"uid":"alice"}')
  await other.page.keyboard.press('Enter')
  await other.page.getByText('This is not an identity').waitFor()
  await other.page.locator('#identity').fill(identity)
  await other.page.keyboard.press('Enter')
  await other.shows(['it is me'])
  await other.say('and here as well')
  await alice.page.keyboard.press('Escape')
  await alice.shows(['it is me', 'and here as well'])
})

test('the whole history is searched, words of Chinese too', TIMEOUT, async () => {
  await sayAll(['今天天气很好', ...numbered(100), 'the weather is fine'])
  const alice = await ChatPage.enter(browser, server.url, 'alice')
  await alice.page.keyboard.press('Control+k')
  const query = alice.page.getByRole('searchbox')
  const found = () => alice.page.locator('.search .text').allInnerTexts()
  await query.fill('天气')
  await query.press('Enter')
  await expect.poll(found).toEqual(['今天天气很好'])
  await query.fill('weath')
  await query.press('Enter')
  await expect.poll(found).toEqual(['the weather is fine'])
  expect(await alice.accessibility()).toEqual([])
})

test('six tabs of one profile share one connection', TIMEOUT, async () => {
  const alice = await ChatPage.enter(browser, server.url, 'alice')
  const context = alice.page.context()
  const tabs = [alice]
  for (let i = 0; i < 5; i++) tabs.push(await ChatPage.tab(context, server.url))
  await Promise.all(tabs.map((tab) => tab.ready()))
  await sayAll(numbered(5))
  await Promise.all(tabs.map((tab) => tab.shows(numbered(5))))
  let polls = 0
  context.on('request', (request) => {
    if (request.url().includes('wait=')) polls++
  })
  await sayAll(numbered(5, 'more'))
  await Promise.all(tabs.map((tab) => tab.shows([...numbered(5), ...numbered(5, 'more')])))
  expect(polls).toBeLessThanOrEqual(6) // one tab's, not six tabs'
  await tabs.at(-1)?.page.close()
  await sayAll(['the leader is gone'])
  for (const tab of tabs.slice(0, -1))
    await tab.shows([...numbered(5), ...numbered(5, 'more'), 'the leader is gone'], 60_000)
})

test('a server with a key: the page asks for it, and an invitation link brings it', TIMEOUT, async () => {
  const closed = await ServerProcess.start({ env: { POLL_CHAT_KEY: 'a-long-secret' } })
  try {
    const context = await browser.newContext({ locale: 'en-GB' })
    const alice = await ChatPage.tab(context, closed.url)
    await alice.page.getByLabel('Who are you?').fill('alice')
    await alice.page.keyboard.press('Enter')
    await alice.page.getByLabel('needs its key').fill('wrong')
    await alice.page.keyboard.press('Enter')
    await alice.page.getByText('did not accept this key').waitFor()
    await alice.page.getByLabel('needs its key').fill('a-long-secret')
    await alice.page.keyboard.press('Enter')
    await alice.ready()

    const invited = await ChatPage.enter(browser, `${closed.url}/#key=a-long-secret&room=tea`, 'bob')
    expect(invited.page.url()).toBe(`${closed.url}/`)
    expect(await invited.page.getByRole('heading', { level: 1 }).innerText()).toBe('tea')
    expect(closed.output).not.toContain('a-long-secret')
  } finally {
    await closed.dispose()
  }
})

test(
  'a private room: entered with a typed key or by a link, in all tabs, apart from the public one',
  TIMEOUT,
  async () => {
    const key = 'correct-horse'
    const insider = createClient({ url: server.url, uid: 'eve', roomKeys: () => key })
    await sayAll(['for all'])
    await insider.send('secret plan', { room: 'lobby' })
    const alice = await ChatPage.enter(browser, server.url, 'alice')
    await alice.shows(['for all'])
    await alice.page.getByLabel('Join or make a room').fill('lobby')
    await alice.page.getByText('Private room').click()
    await alice.page.getByLabel('Room key').fill('short')
    await alice.page.keyboard.press('Enter')
    await alice.page.getByText('8-512 visible ASCII characters').waitFor()
    await alice.page.getByLabel('Room key').fill(key)
    expect(await alice.accessibility()).toEqual([])
    await alice.page.keyboard.press('Enter')
    await alice.shows(['secret plan'])
    expect(await alice.page.getByRole('heading', { level: 1 }).innerText()).toContain('lobby')
    await alice.say('from the page')
    await alice.shows(['secret plan', 'from the page'])
    expect((await insider.history('lobby')).messages.map(({ text }) => text)).toEqual(['secret plan', 'from the page'])

    const tab = await ChatPage.tab(alice.page.context(), server.url)
    await tab.ready()
    await insider.send('to every tab', { room: 'lobby' })
    await alice.shows(['secret plan', 'from the page', 'to every tab'])
    await tab.page.getByRole('button', { name: 'private lobby' }).first().click()
    await tab.shows(['secret plan', 'from the page', 'to every tab'])

    const bob = await ChatPage.enter(browser, `${server.url}/#room=lobby&room-key=${key}`, 'bob')
    expect(bob.page.url()).toBe(`${server.url}/`)
    await bob.shows(['secret plan', 'from the page', 'to every tab'])
    expect([...alice.errors, ...tab.errors, ...bob.errors]).toEqual([])
    expect(server.output).not.toContain(key)
  },
)

test('a link to copy invites into a private room, with what is needed behind its #', TIMEOUT, async () => {
  const roomKey = 'correct-horse&=+#'
  const closed = await ServerProcess.start({ env: { POLL_CHAT_KEY: 'a-long-secret' } })
  try {
    const permissions = ['clipboard-read', 'clipboard-write']
    const alice = await ChatPage.enter(browser, `${closed.url}/#key=a-long-secret`, 'alice', { permissions })
    await alice.page.getByLabel('Join or make a room').fill('tea')
    await alice.page.getByText('Private room').click()
    await alice.page.getByLabel('Room key').fill(roomKey)
    await alice.page.keyboard.press('Enter')
    await alice.say('come in')
    await alice.page.getByRole('button', { name: '1 person is here' }).click()
    await alice.page.getByRole('button', { name: 'Copy invitation link with the key' }).click()
    await alice.page.getByRole('status').getByText('The link is copied.').waitFor()
    expect(await alice.accessibility()).toEqual([])
    const link = new URL(await alice.page.evaluate(() => navigator.clipboard.readText()))
    expect([link.origin, link.pathname, link.search]).toEqual([closed.url, '/', ''])
    const bob = await ChatPage.enter(browser, link.href, 'bob')
    await bob.shows(['come in'])
    expect([...alice.errors, ...bob.errors]).toEqual([])
  } finally {
    await closed.dispose()
  }
})

test('where no page may copy, the link is selected; without a key it says nothing of one', TIMEOUT, async () => {
  const alice = await ChatPage.enter(browser, server.url, 'alice', { locale: 'en-GB' })
  await alice.page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
  await alice.page.getByRole('button', { name: '1 person is here' }).click()
  await alice.page.getByRole('button', { name: 'Copy invitation link', exact: true }).click()
  await alice.page.getByRole('status').getByText('The link is selected').waitFor()
  expect(await alice.page.evaluate(() => String(getSelection()))).toBe(`${server.url}/#room=lobby`)
  expect(await alice.accessibility()).toEqual([])
})

test(
  'on a phone, the rooms lie behind a button; axe finds nothing in either theme, nor in Chinese',
  TIMEOUT,
  async () => {
    await sayAll(['hello', 'https://example.com'])
    const phone = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true, locale: 'zh-CN' } as const
    const context = await browser.newContext({ ...phone, colorScheme: 'dark' })
    const alice = await ChatPage.tab(context, server.url)
    expect(await alice.accessibility()).toEqual([])
    await alice.page.getByLabel('你是谁？').fill('爱丽丝')
    await alice.page.keyboard.press('Enter')
    await alice.ready()
    await alice.say('从手机')
    await alice.shows(['hello', 'https://example.com', '从手机'])
    expect(await alice.accessibility()).toEqual([])
    await alice.page.getByRole('button', { name: '显示房间' }).click()
    expect(await alice.accessibility()).toEqual([])
    await alice.page.getByRole('button', { name: '设置' }).click()
    expect(await alice.accessibility()).toEqual([])
    await alice.page.getByLabel('颜色').selectOption('light')
    expect(await alice.accessibility()).toEqual([])
    const width = await alice.page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBe(360)
  },
)
