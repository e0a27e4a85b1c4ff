import type { Stats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TableSettings } from './configuration.ts'

/** A file that was found, and what it was like then. */
export interface Found {
  path: string
  size: number
  mtimeMs: number
}

/** The same for the same state of the same file. */
export function fingerprint({ path, size, mtimeMs }: Found): string {
  return `${path} ${size} ${mtimeMs}`
}

/** Files of a folder that are complete, newest first. */
export class Folder {
  #directory: string
  #settings: TableSettings
  #settleMs: number
  #pattern: RegExp
  #seen = new Map<string, { print: string; since: number }>()

  constructor(directory: string, settings: TableSettings, settleMs: number) {
    this.#directory = directory
    this.#settings = settings
    this.#settleMs = settleMs
    const parts = settings.files.split('*').map(part => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'))
    this.#pattern = new RegExp(`^${parts.join('.*')}$`, 'is')
  }

  /** @throws Error when the folder cannot be read */
  async complete(): Promise<Found[]> {
    const names = await readdir(this.#directory)
    const found: Found[] = []
    const seen = new Map<string, { print: string; since: number }>()
    for (const name of names.filter(one => this.#pattern.test(one))) {
      const path = join(this.#directory, name)
      const state = await lstat(path).catch(() => undefined)
      // A link would let whoever may put files here read others.
      if (!state?.isFile()) continue
      const one = { path, size: state.size, mtimeMs: state.mtimeMs }
      if (this.#settings.ready === 'done' ? await this.#isMarked(path, state) : this.#isStill(one, state, seen))
        found.push(one)
    }
    this.#seen = seen
    return found.sort((a, b) => b.mtimeMs - a.mtimeMs || (a.path < b.path ? 1 : -1))
  }

  // A clock of another machine may run ahead, so a file that stayed the same between two looks is still too.
  #isStill(one: Found, state: Stats, seen: Map<string, { print: string; since: number }>): boolean {
    const print = fingerprint(one)
    const before = this.#seen.get(one.path)
    const now = Date.now()
    const since = before?.print === print ? before.since : now
    seen.set(one.path, { print, since })
    const written = Math.max(state.mtimeMs, state.ctimeMs)
    return now - since >= Math.max(1, this.#settleMs) || now - written >= this.#settleMs
  }

  async #isMarked(path: string, state: Stats): Promise<boolean> {
    for (const mark of [`${path}.done`, path.replace(/\.[^.]+$/, '.done')]) {
      const marked = await lstat(mark).catch(() => undefined)
      if (marked?.isFile() && marked.mtimeMs >= state.mtimeMs) return true
    }
    return false
  }
}
