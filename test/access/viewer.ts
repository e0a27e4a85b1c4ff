import { employees, nativeId, type SystemId, systemIds } from './world.ts'

export type Scope = 'none' | 'own' | 'department' | 'department_and_below' | 'all'

/** Who asks: one of the employees, with roles and reach that the test gives them. */
export interface Asker {
  id: string
  business: string[]
  systems: Record<SystemId, { account: boolean; roles: string[]; scope: Scope }>
}

/** The roles that a rule may name. */
export function heldBy(asker: Asker): Set<string> {
  const held = new Set(['*', ...asker.business.map(role => `role:${role}`)])
  for (const system of systemIds) {
    const { account, roles } = asker.systems[system]
    if (!account || roles.length === 0) continue
    held.add(`${system}:*`)
    for (const role of roles) held.add(`${system}:${role}`)
  }
  return held
}

/** Ids of the people whose records the asker reaches in a system; everybody's when it is `all`. */
export function reachOf(asker: Asker, system: SystemId): Set<string> | 'all' {
  const { account, scope } = asker.systems[system]
  if (scope === 'none') return new Set()
  if (scope === 'all') return 'all'
  const own = account ? [nativeId(system, asker.id)] : []
  if (scope === 'own') return new Set(own)
  const home = employees.find(one => one.id === asker.id)?.path.at(-1) ?? ''
  const near = employees.filter(one => (scope === 'department' ? one.path.at(-1) === home : one.path.includes(home)))
  return new Set([...own, ...near.map(one => nativeId(system, one.id))])
}

/** Whether a record of somebody's lies within the asker's reach. */
export function reaches(asker: Asker, system: SystemId, owner: string): boolean {
  const reach = reachOf(asker, system)
  return reach === 'all' || reach.has(owner)
}
