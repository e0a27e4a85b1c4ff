import { fileURLToPath, pathToFileURL } from 'node:url'
import { compileMessage } from '@lingui/message-utils/compileMessage'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** Texts are compiled at build time, so that the browser gets no message parser. */
function compiledTexts(): Plugin {
  const catalogue = /\/src\/(?:[\w-]+\/)+(?:zh-CN|en)\.ts$/
  return {
    name: 'atrium:compiled-texts',
    enforce: 'pre',
    apply: 'build',
    async load(id) {
      if (!catalogue.test(id)) return null
      const exported = (await import(pathToFileURL(id).href)) as Record<string, Record<string, string>>
      const [[name, messages] = ['', {}]] = Object.entries(exported)
      const compiled = Object.fromEntries(
        Object.entries(messages).map(([key, text]) => [key, compileMessage(together(text))]),
      )
      return `export const ${name} = ${JSON.stringify(compiled)}`
    },
  }
}

// 13 个: no line ends between a number and its measure word.
const together = (text: string): string =>
  text.replace(/(?<=[}#]) (?=[个位项条件次天人行笔处种类家步页封台名份组张列])/g, '\u00a0')

/** react-aria ships its own words in 34 languages; ours are two. */
function ownLanguagesOnly(): Plugin {
  const words = /\/([a-z]{2}-[A-Z]{2})\.(?:mjs|js)$/
  return {
    name: 'atrium:own-languages-only',
    enforce: 'pre',
    apply: 'build',
    load(id) {
      const language = /react-aria|react-stately|@react-/.test(id) ? words.exec(id)?.[1] : undefined
      return language && language !== 'en-US' && language !== 'zh-CN' ? 'export default {}' : null
    },
  }
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [compiledTexts(), ownLanguagesOnly(), react()],
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    assetsDir: 'assets',
    // Nothing inline: the Content-Security-Policy allows neither inline scripts nor data: styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    manifest: true,
  },
})
