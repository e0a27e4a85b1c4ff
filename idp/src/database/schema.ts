import type { DirectoryTables } from '../directory/tables.ts'
import type { OidcTables } from '../oidc/tables.ts'

/** Every table of the identity provider. */
export type Schema = OidcTables & DirectoryTables
