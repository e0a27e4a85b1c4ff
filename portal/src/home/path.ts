/** The value a manifest's path leads to in a row; undefined where it ends early. */
export function at(row: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], row)
}
