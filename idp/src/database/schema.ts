import type { ApplicationTables } from '../applications/tables.ts'
import type { DirectoryTables } from '../directory/tables.ts'
import type { OidcTables } from '../oidc/tables.ts'
import type { SignInTables } from '../sign-in/tables.ts'

/** Every table of the identity provider. */
export type Schema = ApplicationTables & OidcTables & DirectoryTables & SignInTables
