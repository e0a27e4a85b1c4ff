import fc from 'fast-check'
import { parse } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drawAsker, drawing, drawWorld } from './draw.ts'
import { otherWorld } from './other-world.ts'
import { drawQuery } from './queries.ts'
import { evaluate } from './reference.ts'
import { drawRules } from './rules.ts'
import { type Answer, type Stage, startStage } from './stage.ts'

/*
 * Rules, people, records and queries are drawn; the gateway answers over real systems, once as a query of the client's own
 * and once as a stored operation, whole and in parts, and an interpreter that knows nothing of the gateway says what the answer must be.
 * ACCESS_RUNS=2000 draws more, ACCESS_SEED others.
 */
const runs = Number(process.env.ACCESS_RUNS ?? 20)
const seed = Number(process.env.ACCESS_SEED ?? 20261122)
const queriesPerRun = 4
const parts = { accept: 'multipart/mixed;deferSpec=20220824, application/json' }

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

test('every answer is what the declared rules give, and tells nothing of what they hide', {
  timeout: 3_600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async g => {
      const { pick, whole } = drawing(g)
      const rules = drawRules(pick)
      const world = drawWorld(pick, whole)
      const askers = [drawAsker(pick), drawAsker(pick)]
      stage.under(rules)
      stage.askers.clear()
      for (const [index, asker] of askers.entries()) stage.askers.set(`a${index}`, asker)
      for (let index = 0; index < queriesPerRun; index += 1) {
        const query = drawQuery(pick, whole, world)
        const id = `Q${index}`
        stage.store(id, query.text)
        // Two people in turn ask the same, so that nothing is kept of one for the other.
        for (const [number, asker] of askers.entries()) {
          const expected = evaluate(world, rules, asker, parse(query.text), query.variables)
          const other = otherWorld(world, rules, asker)
          const [adHoc, stored] = [
            { query: query.text, variables: query.variables },
            { documentId: id, variables: query.variables },
          ]
          const inParts = { body: index % 2 === 0 ? stored : adHoc, headers: parts }
          const ways = [{ body: adHoc, headers: {} }, { body: stored, headers: {} }, inParts].slice(
            0,
            query.text.includes('@defer') ? 3 : 2,
          )
          for (const [way, { body, headers }] of ways.entries()) {
            stage.held.world = world
            const answer = await stage.ask(`a${number}`, body, headers)
            const told = `${query.text}\n${JSON.stringify(query.variables)}\n${JSON.stringify(asker)}\n${JSON.stringify(rules)}\n${answer.text}`
            expect({ data: answer.body.data, errors: errorsOf(answer) }, told).toEqual(expected)
            if ((way + index) % 2 === 0) continue
            stage.held.world = other
            expect(lasting(await stage.ask(`a${number}`, body, headers)), told).toEqual(lasting(answer))
          }
        }
      }
    }),
    { numRuns: runs, seed, endOnFailure: process.env.ACCESS_SHRINK !== '1' },
  )
})

function errorsOf({ body }: Answer): string[] {
  const errors = (body.errors ?? []) as { extensions: { code: string }; path?: (string | number)[] }[]
  const told = errors.map(
    error => `${error.extensions.code} ${(error.path ?? []).filter(part => typeof part === 'string').join('.')}`,
  )
  return [...new Set(told)].sort()
}

/** All of an answer but its times, its trace, and which system answered first. */
function lasting({ status, body }: Answer): string {
  const sources = (body.extensions?.sources ?? []) as { system: string }[]
  const systems = sources.map(one => one.system).sort()
  return `${status} ${JSON.stringify({ ...body, extensions: { ...body.extensions, sources: systems } }).replace(/"traceId":"[^"]*"/g, '')}`
}
