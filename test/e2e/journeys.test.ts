import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import { administratorJourney } from './administrator.journey.ts'
import { type Company, openCompany } from './company.ts'
import { employeeJourney } from './employee.journey.ts'
import { managerJourney } from './manager.journey.ts'
import { systemsJourney } from './systems.journey.ts'

// One stack for the journeys: each of its tests leaves the company as the next one needs it.
let company: Company

beforeAll(async () => {
  company = await openCompany()
}, 180_000)

afterAll(async () => {
  await company?.close()
}, 60_000)

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(`Pictures of the browser: ${await company.photograph(task.name)}`)
})

describe('an employee signs in once', () => employeeJourney(() => company))
describe('a manager reads the board', () => managerJourney(() => company))
describe('an administrator maps a role', () => administratorJourney(() => company))
describe('an administrator maps a system', () => systemsJourney(() => company))
