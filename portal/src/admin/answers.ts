/** The admin API's answers, as far as these pages show them; its OpenAPI document says all of them. */
export type Text = { zh: string; en: string }
export type Named = { id: string; name: Text }
export type Actor = { id: string; name?: string; kind: 'person' | 'client' | 'system' }
export type Scope = 'none' | 'own' | 'department' | 'department_and_below' | 'all'
export type NativeRole = { id: string; name: Text; scope: Scope }
export type System = { id: string; name: Text; protocol: string; nativeRoles: NativeRole[] }
export type Cell = { role: string; system: string; nativeRoles: string[]; scope: Scope }
export type CellContent = { nativeRoles: string[]; scope: Scope } | null
export type Draft = {
  version: number
  revision: number
  by: Actor
  at: string
  cells: Cell[]
  changes: { role: string; system: string; before: CellContent; after: CellContent }[]
}
export type Version = { version: number; comment: string; at: string; by: Actor; restores: number | null }
export type Matrix = {
  systems: System[]
  groups: Text[]
  roles: (Named & { group: Text; members: number })[]
  published: (Version & { cells: Cell[] }) | null
  draft: Draft | null
  drift: number
  fourEyes: boolean
}
export type AffectedPerson = { id: string; name: Text; department: Text }
export type RoleShift = { system: string; nativeRole: string; count: number; people: AffectedPerson[] }
export type ScopeShift = { system: string; from: Scope; to: Scope; count: number; people: AffectedPerson[] }
export type Conflict = { rule: Named; person: AffectedPerson; introduced: boolean; detail: Text }
export type Preview = {
  revision: number
  gains: RoleShift[]
  losses: RoleShift[]
  scopeChanges: ScopeShift[]
  affected: number
  sessions: number
  conflicts: Conflict[]
  fourEyes: boolean
  blocked: Text | null
}
export type Effect = {
  system: string
  state: 'pending' | 'done' | 'failed'
  pending: number
  done: number
  failed: number
  lastError: string | null
}
export type PersonRow = {
  id: string
  username: string
  name: Text
  email: string
  department: Named
  position: Text
  active: boolean
  businessRoles: Named[]
}
export type Assignment = {
  id: number
  role: string
  from: string | null
  until: string | null
  reason: string
  grantedBy: Actor
  state: 'active' | 'future' | 'ended'
}
export type PersonDetail = PersonRow & {
  identities: { system: string; nativeId: string; state: Effect['state'] | null; error: string | null }[]
  rights: { systems: Record<string, { id: string | null; roles: string[]; scope: Scope }> }
  assignments: Assignment[]
  sessions: number
  locked: boolean
}
export type Explanation = {
  roles: string[]
  scope: Scope
  links: { nativeRole: Named; businessRole: Named; text: Text }[]
}
export type AuditRow = {
  id: number
  at: string
  actor: Actor
  action: string
  target: { type: string; id: string; name?: string }
  outcome: 'success' | 'refused' | 'failed'
  sealed: boolean
}
export type Verdict = { sealed: number; unsealed: number; broken: { position: number; reason: string } | null }
export type Delivery = {
  id: number
  topic: string
  key: string
  target: string | null
  state: 'pending' | 'done' | 'dead'
  attempts: number
  lastError: string | null
  dueAt: string
  updatedAt: string
}
