import { z } from 'zod'
import { readConfigFile } from '../config.ts'
import { prepareExpression } from '../systems/expressions/evaluate.ts'

/** An expression with what it may use beside JSONata's own: `$odata` writes a text so that a quote in it ends no literal. */
export function withHelpers(source: string): string {
  if (!/\$odata\b/.test(source)) return source
  return `($odata := function($text) { "'" & $replace($string($text), "'", "''") & "'" }; (${source}\n))`
}

const expression = z.string().superRefine((source, context) => {
  try {
    prepareExpression(withHelpers(source))
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
  }
})

/** How accounts of one system are listed and written, and how they map to SCIM; everything in JSONata. */
const target = z.strictObject({
  list: z.strictObject({
    operation: z.string().min(1),
    page: expression.describe('input of a page, over {offset, limit}'),
    byUserName: expression.describe('input that finds one account, over {userName}'),
    byExternalId: expression.optional().describe('the same over {externalId}; without it all pages are searched'),
    items: expression.describe('the accounts in the answer'),
    total: expression.describe('how many accounts there are'),
  }),
  account: expression.describe(
    'an account of the system as {userName, externalId, displayName, active, roles, department, departmentPath, manager}',
  ),
  save: z.strictObject({ operation: z.string().min(1), input: expression.describe('the input, over such an account') }),
})

const file = z.strictObject({ systems: z.record(z.string(), target) })

export type ProvisioningTarget = z.infer<typeof target>
export type ProvisioningTargets = Record<string, ProvisioningTarget>

/**
 * Reads provisioning.yaml: the systems that know no SCIM and get it from here.
 * @throws ConfigFileError naming every fault
 */
export async function readProvisioning(
  dir: string,
  env: Record<string, string | undefined> = process.env,
): Promise<ProvisioningTargets> {
  return (await readConfigFile(dir, 'provisioning.yaml', file, env)).systems
}
