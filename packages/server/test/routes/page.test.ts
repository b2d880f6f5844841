import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'

async function assetPaths(): Promise<string[]> {
  const html = await (await chatApp().ask('/')).text()
  return Array.from(html.matchAll(/"(\/page\/[^"]+)"/g), (match) => match[1] ?? '')
}

describe('the page', () => {
  it('loads nothing but its own files, which may be kept for ever, and runs nothing in the document', async () => {
    const { ask } = chatApp()
    const answer = await ask('/')
    const html = await answer.text()
    expect(answer.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
    )
    expect(answer.headers.get('cache-control')).toBe('no-cache')
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|https?:\/\//)
    const paths = await assetPaths()
    expect(paths).toHaveLength(3)
    for (const path of paths) {
      const asset = await ask(path)
      expect([path, asset.status]).toEqual([path, 200])
      expect(asset.headers.get('cache-control')).toContain('immutable')
      expect(asset.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  it('is compressed for whom it may be, under 60 kB of script', async () => {
    const { ask } = chatApp()
    const [path = ''] = (await assetPaths()).filter((one) => one.endsWith('.js'))
    const plain = await (await ask(path)).text()
    const answer = await ask(path, { headers: { 'Accept-Encoding': 'br, gzip' } })
    const bytes = new Uint8Array(await answer.arrayBuffer())
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    expect(gunzipSync(bytes).toString()).toBe(plain)
    expect(bytes.length).toBeLessThan(60_000)
  })
})
