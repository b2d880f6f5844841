import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A bundle is a copy of its parts, and their licences ask to go with every copy. */
export function thirdPartyLicences() {
  return {
    name: 'third-party-licences',
    generateBundle(_options, bundle) {
      const folders = new Set()
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue
        for (const id of chunk.moduleIds.flatMap(withParts))
          if (id.includes('/node_modules/')) folders.add(packageFolder(id))
      }
      const notices = [...new Set([...folders].map(notice))].sort() // one package may lie in several folders
      this.emitFile({
        type: 'asset',
        fileName: 'THIRD-PARTY-LICENSES.txt',
        source: notices.join(`\n${'-'.repeat(80)}\n\n`),
      })
    },
  }
}

/** The page is a bundle already; beside it lies a list of what is in it. */
function withParts(id) {
  return id.endsWith('/web/dist/assets.js') ? JSON.parse(readFileSync(join(dirname(id), 'modules.json'), 'utf8')) : id
}

/** The folder of the package that a module belongs to: the nearest one whose package.json has a name and a version. */
function packageFolder(id) {
  for (
    let folder = dirname(id.replace(/^\0/, '').replace(/\?.*$/, ''));
    folder !== dirname(folder);
    folder = dirname(folder)
  ) {
    if (!existsSync(join(folder, 'package.json'))) continue
    const { name, version } = readManifest(folder)
    if (name && version) return folder
  }
  throw new Error(`No package holds ${id}`)
}

function notice(folder) {
  const { name, version, license } = readManifest(folder)
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
  if (files.length === 0 && !license) throw new Error(`${name} has no licence`)
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim())
  return [`${name} ${version} (${license ?? 'see below'})`, ...texts].join('\n\n').concat('\n')
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
