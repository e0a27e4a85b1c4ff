import { afterAll, beforeAll } from 'vitest'
import { basic } from './modules/basic.ts'
import { plan } from './report.ts'
import { type Stage, startStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage('form_post')
})
afterAll(() => stage.stop())

plan('oidcc-formpost-basic-certification-test-plan', 'Form Post OP', basic, () => stage)
