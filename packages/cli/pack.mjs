/** The package's README and LICENSE are the project's: copied in before packing, removed after. */
import { copyFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

for (const name of ['README.md', 'LICENSE']) {
  const copy = fileURLToPath(new URL(name, import.meta.url))
  if (process.argv[2] === 'after') rmSync(copy, { force: true })
  else copyFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), copy)
}
