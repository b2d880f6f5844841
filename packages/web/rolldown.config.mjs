import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'rolldown'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  input: { page: here('src/main.tsx') },
  platform: 'browser',
  transform: { target: 'es2022' },
  output: { dir: here('dist'), format: 'esm', minify: true },
  plugins: [asModule()],
})

/**
 * Writes all files of the page into one module, `assets.js`: whoever bundles the server has the page too, wherever the
 * bundle lies. Names carry a hash of what is in the file.
 */
function asModule() {
  return {
    name: 'as-module',
    writeBundle(_options, bundle) {
      const script = asset('page.js', 'text/javascript; charset=utf-8', bundle['page.js'].code)
      const style = asset('page.css', 'text/css; charset=utf-8', read('static/page.css'))
      const icon = asset('icon.svg', 'image/svg+xml', read('static/icon.svg'))
      const page = [script, style, icon].reduce(
        (html, { name, path }) => html.replaceAll(`{{${name}}}`, path),
        read('static/page.html'),
      )
      const assets = [script, style, icon].map(({ path, type, body }) => ({ path, type, body }))
      writeFileSync(
        here('dist/assets.js'),
        `export const page = ${JSON.stringify(page)}\nexport const assets = ${JSON.stringify(assets)}\n`,
      )
      // Whoever hands the page on hands on the licences of what is in it.
      writeFileSync(here('dist/modules.json'), JSON.stringify(bundle['page.js'].moduleIds))
    },
  }
}

function asset(name, type, body) {
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  const [stem, ending] = name.split('.')
  return { name, path: `/page/${stem}-${hash}.${ending}`, type, body }
}

function read(file) {
  return readFileSync(here(file), 'utf8')
}
