import { readdirSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'rolldown'
import { thirdPartyLicences } from './third-party-licences.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** What is loaded together is one file, named by where it begins: each further file takes half a millisecond of a `send`. */
const TOGETHER = { core: here('src/cli.ts'), commands: here('src/commands/all.ts') }

export default defineConfig({
  input: {
    cli: here('src/cli.ts'),
    // The server starts its threads from the folder of the chunk that it is in, so all chunks lie in one folder.
    'sqlite-worker': here('../server/dist/engines/sqlite-worker.js'),
    'http-thread': here('../server/dist/http/http-thread.js'),
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
    codeSplitting: {
      groups: [{ name: firstReach(TOGETHER), debugName: 'together' }],
      includeDependenciesRecursively: false,
    },
    // Names are kept: a stack trace in a report must be readable.
    minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
  },
  plugins: [
    changedLibraries(),
    withoutChildProcess(),
    builtinsWithoutGetters(),
    thirdPartyLicences(),
    removeStaleChunks(),
  ],
})

/** Names for each module the first group that reaches it without a dynamic import. */
function firstReach(groups) {
  const reached = new Map()
  const reach = (id, group, graph) => {
    if (reached.has(id)) return
    reached.set(id, group)
    for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) reach(imported, group, graph)
  }
  return (module, graph) => {
    if (reached.size === 0) for (const [group, id] of Object.entries(groups)) reach(id, group, graph)
    return reached.get(module)
  }
}

/**
 * An ES import of a module of Node itself reads all that it exports, and so runs its lazy getters: node:http loads undici,
 * node:process opens the standard streams, node:fs loads streams and readline. `getBuiltinModule` reads nothing.
 */
function builtinsWithoutGetters() {
  return {
    name: 'builtins-without-getters',
    renderChunk(code) {
      for (const { type, source, specifiers, start, end } of this.parse(code).body.reverse())
        if (type === 'ImportDeclaration' && isBuiltin(source.value))
          code = code.slice(0, start) + takeBuiltin(source.value, specifiers) + code.slice(end)
      return code
    },
  }
}

/** `import fs, { readFileSync as read } from 'node:fs'` → `const fs = …, { readFileSync: read } = …` */
function takeBuiltin(name, specifiers) {
  const builtin = `globalThis.process.getBuiltinModule('${name}')` // a chunk may have a `process` of its own
  const bound = specifiers.map(({ type, imported, local }) =>
    type === 'ImportSpecifier' ? `{ ${imported.name}: ${local.name} } = ${builtin}` : `${local.name} = ${builtin}`,
  )
  return bound.length === 0 ? '' : `const ${bound.join(', ')};`
}

/** Changes of libraries that the first frame of the chat waits for. Each fails the build when the library has changed. */
const CHANGES = [
  {
    // It fetches its own data: URL, and that loads undici: a third of the time to the first frame. Else it decodes it itself.
    file: 'yoga-wasm-base64-esm.js',
    from: '"function"!=typeof fetch',
    to: 'true',
  },
  {
    // That pattern takes 5 ms and more to read, and once more to compile, and the first frame has no emoji. Every RGI emoji
    // (UTS #51, ED-27) has a character that is shown as one by default, or a variation selector that asks for it.
    file: 'string-width/index.js',
    from: 'const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;',
    to: `let made;
      const rgiEmojiRegex = {
        test: (segment) => /\\p{Emoji_Presentation}|\\uFE0F/u.test(segment) && (made ??= /^\\p{RGI_Emoji}$/v).test(segment),
      };`,
  },
  // The first thing of `Intl` takes half as long as to start Node, and the first frame needs none.
  ...[
    ['string-width/index.js', 'segmenter', 'new Intl.Segmenter()'],
    ['wrap-ansi/index.js', 'segmenter', 'new Intl.Segmenter()'],
    ['slice-ansi/tokenize-ansi.js', 'GRAPHEME_SEGMENTER', "new Intl.Segmenter(undefined, {granularity: 'grapheme'})"],
    ['ink/build/line-update.js', 'segmenter', "new Intl.Segmenter(undefined, { granularity: 'grapheme' })"],
  ].map(([file, name, made]) => ({
    file,
    from: `const ${name} = ${made};`,
    to: `let made_${name}; const ${name} = { segment: (text) => (made_${name} ??= ${made}).segment(text) };`,
  })),
]

function changedLibraries() {
  return {
    name: 'changed-libraries',
    transform(code, id) {
      const changes = CHANGES.filter(({ file }) => id.endsWith(`/${file}`))
      if (changes.length === 0) return
      for (const { file, from, to } of changes) {
        if (!code.includes(from)) throw new Error(`${file} has changed; see if its change is still needed`)
        code = code.replace(from, () => to)
      }
      return { code }
    },
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
