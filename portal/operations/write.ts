import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generateOperations } from './generate.ts'
import { publicSchema } from './public-schema.ts'

/** Run after a change of gateway/operations or of the schema: `node portal/operations/write.ts`. */
const folder = fileURLToPath(new URL('../../gateway/operations', import.meta.url))
const target = fileURLToPath(new URL('../src/app/operations.ts', import.meta.url))
writeFileSync(target, generateOperations(await publicSchema(), folder))
