import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/**
 * A headless Chromium: the one CHROMIUM_PATH names, else the system's, else the one packed in `@sparticuz/chromium`.
 * @throws Error when CHROMIUM_PATH names no file
 */
export async function launchBrowser(): Promise<Browser> {
  const named = process.env.CHROMIUM_PATH
  if (named && !existsSync(named)) throw new Error(`CHROMIUM_PATH names ${named}, which is not there`)
  const system = named ?? installed.find(path => existsSync(path))
  if (system) return await chromium.launch({ executablePath: system, args: quiet })
  return await chromium.launch({ executablePath: await packedChromium(), args: [...quiet, '--headless=shell'] })
}

// The package unpacks to `$TMPDIR/chromium` and trusts whatever lies there: it gets a temporary folder of its own.
async function packedChromium(): Promise<string> {
  const before = process.env.TMPDIR
  process.env.TMPDIR = await mkdtemp(join(tmpdir(), 'atrium-chromium-'))
  try {
    const { default: packed } = await import('@sparticuz/chromium')
    return await packed.executablePath()
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
}
