/** The pages of the classic endpoints in a real browser. */
import { createClient } from '@poll-chat/client'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser, OpenPage } from './fixture/browser.ts'
import { CUTS, CuttingProxy } from './fixture/cutting-proxy.ts'
import { seeded } from './fixture/random.ts'
import { ServerProcess } from './fixture/server-process.ts'
import { wholeLog } from './fixture/whole-log.ts'

const TIMEOUT = { timeout: 60_000 }

const HOSTILE = [
  '<img src=x onerror="document.title=\'owned\'">',
  '<script>document.title = "owned"</script>',
  '"><svg/onload=document.title=1>',
  '</ul></body><iframe src="javascript:parent.document.title=1"></iframe>',
  '&lt;b&gt; &amp; %3Cb%3E + ?text=2&uid=eve#x',
]
const UNICODE = ['日本語 한국어 中文', '👩‍👩‍👧‍👦 🇩🇪 👍🏽', 'e\u0301 é ẛ̣', 'שלום مرحبا', '  spaces  are   kept  ']

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

async function openBoth(url = server.url): Promise<{ home: OpenPage; lang: OpenPage }> {
  return {
    home: await OpenPage.open(browser, `${url}/home/`),
    lang: await OpenPage.open(browser, `${url}/lang/?uid=ada`),
  }
}

test('what one page sends appears on both, whichever way they read', TIMEOUT, async () => {
  const { home, lang } = await openBoth()
  await home.say('from the polling page')
  await lang.lines(1)
  await lang.say('from the long polling page')
  await home.lines(2)
  await createClient({ url: server.url, uid: 'bob' }).send('from a script', { room: 'lobby' })
  const expected = [
    ['anonymous', 'from the polling page'],
    ['ada', 'from the long polling page'],
    ['bob', 'from a script'],
  ]
  for (const page of [home, lang]) {
    expect(await page.lines(3)).toEqual(expected)
    expect(page.errors).toEqual([])
  }
})

test('a text is only ever text, in every script', TIMEOUT, async () => {
  const { home, lang } = await openBoth()
  const texts = [...HOSTILE, ...UNICODE]
  for (const [i, text] of texts.entries()) {
    await (i % 2 === 0 ? home : lang).say(text)
    await lang.lines(i + 1)
  }
  for (const { page, lines, errors } of [home, lang].map((one) => ({ ...one, lines: one.lines(texts.length) }))) {
    expect((await lines).map(([, text]) => text)).toEqual(texts)
    expect(await page.title()).toBe('lobby · poll-chat')
    expect(await page.locator('ul img, ul script, ul svg, iframe, li > :not(b)').count()).toBe(0)
    expect(errors).toEqual([])
  }
})

test.each(['/home/', '/lang/?uid=ada'])('%s runs nothing but its own script', TIMEOUT, async (path) => {
  const { page, errors } = await OpenPage.open(browser, 'about:blank')
  const policy = (await page.goto(`${server.url}${path}`))?.headers()['content-security-policy']
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/unsafe|\*/)
  expect(errors).toEqual([])
  await page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'document.title = "owned"'
    document.body.append(script)
    document.body.insertAdjacentHTML('beforeend', '<img src="/home/" onerror="document.title = 1">')
  })
  await expect.poll(() => errors.filter((error) => error.includes('Content Security Policy'))).toHaveLength(3)
  expect(await page.title()).toBe('lobby · poll-chat')
})

test('the pages go on when the server was killed, and nothing is lost or doubled', TIMEOUT, async () => {
  const { home, lang } = await openBoth()
  const texts: string[] = []
  const say = async (page: OpenPage, text: string) => {
    texts.push(text)
    await page.say(text)
  }
  for (let round = 1; round <= 3; round++) {
    await say(home, `home before ${round}`)
    await home.lines(texts.length)
    await server.kill()
    await say(lang, `lang in between ${round}`)
    await expect.poll(() => lang.page.locator('#state').textContent()).toContain('Reconnecting')
    await server.start()
    await home.lines(texts.length)
    await say(home, `home after ${round}`)
    await lang.lines(texts.length)
  }
  for (const page of [home, lang]) {
    expect((await page.lines(texts.length)).map(([, text]) => text)).toEqual(texts)
    await expect.poll(() => page.page.locator('#state').textContent(), { timeout: 20_000 }).toBe('')
  }
  const log = await wholeLog(createClient({ url: server.url }), 'lobby')
  expect(log.map(({ text }) => text)).toEqual(texts)
})

test('the pages go on when answers are cut off, and nothing is lost or doubled', TIMEOUT, async () => {
  const random = seeded(5)
  let mayCut = false
  // Each request is cut twice at most: the pauses of a page double with every failure.
  const cuts = new Map<string, number>()
  const proxy = await CuttingProxy.start(server.port, random, (requestLine) => {
    const before = cuts.get(requestLine) ?? 0
    if (!mayCut || before === 2 || random.next() < 0.3) return 'passes'
    cuts.set(requestLine, before + 1)
    return random.pick(CUTS)
  })
  try {
    const { home, lang } = await openBoth(proxy.url)
    mayCut = true
    const texts = Array.from({ length: 12 }, (_, i) => `text ${i}`)
    for (const [i, text] of texts.entries()) {
      await (i % 2 === 0 ? home : lang).say(text)
      await lang.lines(i + 1)
    }
    for (const page of [home, lang]) expect((await page.lines(texts.length)).map(([, text]) => text)).toEqual(texts)
    const log = await wholeLog(createClient({ url: server.url }), 'lobby')
    expect(log.map(({ text }) => text)).toEqual(texts)
  } finally {
    await proxy.close()
  }
})
