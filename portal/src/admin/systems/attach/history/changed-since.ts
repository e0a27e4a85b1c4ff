import type { Revision } from '../answers.ts'

/** The systems that were changed after a revision, each with the revisions that did. */
export function changedSince(
  revisions: readonly Pick<Revision, 'revision' | 'changes'>[],
  target: number,
): { system: string; revisions: number[] }[] {
  const found = new Map<string, number[]>()
  for (const { revision, changes } of revisions) {
    if (revision <= target) continue
    for (const { system } of changes) found.set(system, [...(found.get(system) ?? []), revision])
  }
  return [...found].map(([system, by]) => ({ system, revisions: by })).sort((a, b) => (a.system < b.system ? -1 : 1))
}
