import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generateOperations } from './generate.ts'
import { publicSchema } from './public-schema.ts'

// Run after a change of gateway/operations or of the schema: node test/operations/write.ts
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const target = at('../../portal/src/app/operations.ts')
writeFileSync(target, generateOperations(await publicSchema(), at('../../gateway/operations')))
execFileSync('biome', ['check', '--write', target], { stdio: 'inherit' })
