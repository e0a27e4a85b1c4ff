/** How far a right reaches, ordered from nothing to everything. */
export const scopes = ['none', 'own', 'department', 'department_and_below', 'all'] as const
export type Scope = (typeof scopes)[number]

/** What a person is in one system: the user id there (null = no account), the native roles, and how far they reach. */
export type SystemRights = { id: string | null; roles: string[]; scope: Scope }

/** A name in both languages of the product. */
export type Names = { zh: string; en: string }

/** An employee as the gateway knows them: a row of its own table `people`, never the content of a token. */
export type Person = {
  id: string
  username: string
  name: Names
  email: string | null
  position: Names
  departmentId: string | null
  departmentName: Names
  /** Department ids from the root to the person's own department. */
  departmentPath: string[]
  managerId: string | null
  businessRoles: string[]
  systems: Record<string, SystemRights>
  active: boolean
}

/** Who sends a request: an employee with their token, or an application acting for itself. */
export type Viewer =
  | {
      kind: 'person'
      person: Person
      accessToken: string /** epoch seconds */
      tokenExpiresAt: number
      sessionId?: string
      /** the application that the token was issued to */
      clientId?: string
    }
  | { kind: 'client'; clientId: string; scopes: string[] /** epoch seconds */; tokenExpiresAt: number }

/** A bearer token that does not identify a living, active caller. `reason` is safe to show. */
export class Unauthenticated extends Error {
  readonly code = 'UNAUTHENTICATED'
  readonly reason: Names

  constructor(reason: Names) {
    super(reason.en)
    this.name = 'Unauthenticated'
    this.reason = reason
  }
}

/** What a person is in one system; a system nobody mapped gives no account and no right. */
export function rightsIn(person: Person, system: string): SystemRights {
  return person.systems[system] ?? { id: null, roles: [], scope: 'none' }
}

/** The person of a viewer, or undefined when an application asks for itself. */
export function personOf(viewer: Viewer): Person | undefined {
  return viewer.kind === 'person' ? viewer.person : undefined
}
