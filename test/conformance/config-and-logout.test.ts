import { afterAll, beforeAll } from 'vitest'
import { config } from './modules/config.ts'
import { backchannelLogout, rpInitiatedLogout } from './modules/logout.ts'
import { plan } from './report.ts'
import { type Stage, startStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.stop())

plan('oidcc-config-certification-test-plan', 'Config OP', config, () => stage)
plan('oidcc-rp-initiated-logout-certification-test-plan', 'RP-initiated logout', rpInitiatedLogout, () => stage)
plan(
  'oidcc-backchannel-rp-initiated-logout-certification-test-plan',
  'Back-channel logout',
  backchannelLogout,
  () => stage,
)
