/** How much of a system's data a right reaches, from narrow to wide. The database orders its type `data_scope` alike. */
export const scopes = ['none', 'own', 'department', 'department_and_below', 'all'] as const

/** One of the five data scopes. */
export type Scope = (typeof scopes)[number]

/** The wider of two scopes: a person who has a right twice has it as far as the wider one reaches. */
export function widest(a: Scope, b: Scope): Scope {
  return scopes.indexOf(a) >= scopes.indexOf(b) ? a : b
}
