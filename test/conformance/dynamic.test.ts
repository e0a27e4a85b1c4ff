import { afterAll, beforeAll } from 'vitest'
import { dynamic } from './modules/dynamic.ts'
import { plan } from './report.ts'
import { type Stage, startStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.stop())

plan('oidcc-dynamic-certification-test-plan', 'Dynamic OP', dynamic, () => stage)
