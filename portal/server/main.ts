import { fileURLToPath } from 'node:url'
import { readConfigOrExit } from '@atrium/platform/config'
import { serve } from '@atrium/platform/http'
import { portalApp } from './app.ts'
import { readAssets } from './assets.ts'
import { configSchema } from './config.ts'

const config = readConfigOrExit(configSchema)
const assets = await readAssets(fileURLToPath(new URL('../dist', import.meta.url)))

await serve(portalApp(config, assets), { name: 'portal', port: config.PORT, host: config.HOST, health: {} })
