/**
 * What became of each module, written into idp/CONFORMANCE.md: one section a plan. With UPDATE_DOCUMENTS=1 the run writes its
 * section, otherwise it must find there what it would write.
 */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { Stage } from './stage.ts'

/** One module of a plan. `run` throws when the provider does not do what the module wants. */
export type Module = {
  id: string
  /** What is asked of the provider, in a few words. */
  asks: string
  run(stage: Stage): Promise<void>
  /** The plan lets a provider do without this; what ours does instead is what `run` checks. */
  instead?: string
  /** Ours cannot do this: `run` must fail as long as that is so. */
  fails?: string
}

/** The tests of one plan, and its section of the table. */
export function plan(name: string, title: string, modules: Module[], stage: () => Stage): void {
  const outcomes = new Map<string, 'passed' | 'failed'>()
  describe(name, () => {
    for (const one of modules) {
      it(one.id, { timeout: 120_000 }, async () => {
        outcomes.set(one.id, 'failed')
        if (one.fails) return await mustFail(one.run(stage()))
        await one.run(stage())
        outcomes.set(one.id, 'passed')
      })
    }
    it('says so in idp/CONFORMANCE.md', async () => {
      const section = [
        `## ${title}`,
        '',
        `\`${name}\`, ${count(modules, outcomes)}.`,
        '',
        ...table(modules, outcomes),
      ].join('\n')
      if (process.env.UPDATE_DOCUMENTS) await write(name, section)
      else expect(read(name)).toBe(section)
    })
    afterAll(() => outcomes.clear())
  })
}

/**
 * A stranger's client: notes which of its tests pass, and writes them into a section of its own. Called at the end of the file.
 * @param name what the names of its suites begin with
 */
export function strangersClient(name: string, title: string): void {
  const shown: string[] = []
  afterEach(({ task }) => {
    const suite = task.suite?.name ?? ''
    if (suite.startsWith(name) && !task.result?.errors?.length)
      shown.push(`- ${suite.slice(name.length + 1)} ${task.name}`.replace(/ +/g, ' '))
  })
  describe('the table', () => {
    it('in idp/CONFORMANCE.md says so', async () => {
      const section = [`## ${title}`, '', ...shown].join('\n')
      if (process.env.UPDATE_DOCUMENTS) await write(`client ${name}`, section)
      else expect(read(`client ${name}`)).toBe(section)
    })
  })
}

/** Fails where the module asks for what is not there; any other fault, or success, is news. */
async function mustFail(run: Promise<void>): Promise<void> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error === undefined) throw new Error('it passes now: take `fails` from the module')
  if ((error as Error).name !== 'AssertionError') throw error
}

function count(modules: Module[], outcomes: Map<string, string>): string {
  const passed = modules.filter(one => outcomes.get(one.id) === 'passed' && !one.instead).length
  const instead = modules.filter(one => outcomes.get(one.id) === 'passed' && one.instead).length
  const failed = modules.length - passed - instead
  return [
    `${modules.length} module${modules.length === 1 ? '' : 's'}: ${passed} passed`,
    ...(instead ? [`${instead} answered otherwise, as the plan allows`] : []),
    ...(failed ? [`${failed} not passed`] : []),
  ].join(', ')
}

function table(modules: Module[], outcomes: Map<string, string>): string[] {
  const row = (one: Module): string => {
    const passed = outcomes.get(one.id) === 'passed'
    const result = passed ? (one.instead ? 'otherwise' : 'passed') : 'not passed'
    return `| \`${one.id}\` | ${one.asks} | ${result} | ${one.fails ?? one.instead ?? ''} |`
  }
  return ['| module | what it asks | result | why |', '|---|---|---|---|', ...modules.map(row)]
}

const file = new URL('../../idp/CONFORMANCE.md', import.meta.url)
const marks = (name: string): [string, string] => [`<!-- plan: ${name} -->\n`, `\n<!-- /plan: ${name} -->`]

function read(name: string): string | undefined {
  const [from, to] = marks(name)
  return readFileSync(file, 'utf8').split(from)[1]?.split(to)[0]
}

/** The plans run in several processes at once: one after the other rewrites its section. */
async function write(name: string, section: string): Promise<void> {
  const lock = join(tmpdir(), 'atrium-conformance.lock')
  for (let turn = 0; ; turn++) {
    try {
      mkdirSync(lock)
      break
    } catch (error) {
      if (turn > 200) throw error
      await setTimeout(50)
    }
  }
  try {
    const [from, to] = marks(name)
    const text = readFileSync(file, 'utf8')
    const [before, rest] = text.split(from)
    const after = rest?.split(to)[1]
    writeFileSync(
      file,
      after === undefined ? `${text.trimEnd()}\n\n${from}${section}${to}\n` : `${before}${from}${section}${to}${after}`,
    )
  } finally {
    rmdirSync(lock)
  }
}
