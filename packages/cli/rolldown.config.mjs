import { readdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'rolldown'
import { thirdPartyLicences } from './third-party-licences.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  input: {
    cli: here('src/cli.ts'),
    // The SQLite engine starts its worker from the folder of the chunk that it is in, so all chunks lie in one folder.
    'sqlite-worker': here('../server/dist/engines/sqlite-worker.js'),
  },
  platform: 'node',
  external: ['react-devtools-core'],
  transform: {
    define: { 'process.env.NODE_ENV': '"production"' },
  },
  output: {
    dir: here('dist'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    // Names are kept: a stack trace in a report must be readable.
    minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
  },
  plugins: [withoutChildProcess(), thirdPartyLicences(), removeStaleChunks()],
})

/** commander loads node:child_process for subcommands that are programs of their own. There are none, and it takes 8 ms. */
function withoutChildProcess() {
  const empty = '\0no-child-process'
  return {
    name: 'without-child-process',
    resolveId: (source, importer) =>
      source === 'node:child_process' && importer?.includes('/commander/') ? empty : undefined,
    load: (id) => (id === empty ? 'export default {}' : undefined),
  }
}

/** Chunks of earlier builds have other hashes, and would be packed too. */
function removeStaleChunks() {
  return {
    name: 'remove-stale-chunks',
    writeBundle({ dir }, bundle) {
      for (const file of readdirSync(dir)) if (file.endsWith('.js') && !(file in bundle)) rmSync(`${dir}/${file}`)
    },
  }
}
