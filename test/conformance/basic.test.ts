import { afterAll, beforeAll } from 'vitest'
import { basic } from './modules/basic.ts'
import { plan } from './report.ts'
import { type Stage, startStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.stop())

plan('oidcc-basic-certification-test-plan', 'Basic OP', basic, () => stage)
