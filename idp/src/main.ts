import { readConfigOrExit } from '@atrium/platform/config'
import { configSchema } from './config.ts'
import { startIdp } from './service.ts'

await startIdp(readConfigOrExit(configSchema))
