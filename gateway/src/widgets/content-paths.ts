import type { Cell, Content, Line } from './definition.ts'

/** A path that a widget's content names. */
export interface NamedPath {
  /** where it stands in the content, e.g. `primary.0.path` */
  place: string
  path: string
  from: 'answer' | 'row'
  /** a value is shown, a list is gone through; anything may be asked whether it is there */
  to: 'value' | 'list' | 'anything'
}

/** What a content shows: the rows (or the one object) that its cells start from, and every path. */
export interface ContentPaths {
  row: { place: string; path: string; list: boolean } | undefined
  paths: NamedPath[]
}

/** All paths of a content, so that they can be compared with what the operation selects. */
export function pathsOf(content: Content): ContentPaths {
  const inRow = (place: string, ...cells: (Cell | undefined)[]): NamedPath[] => cellPaths(place, 'row', cells)
  switch (content.kind) {
    case 'list':
      return ofRows(content, [
        ...(['primary', 'secondary', 'figure', 'note'] as const).flatMap(name => linePaths(name, content[name])),
        ...valuePath('steps.path', content.steps?.path),
      ])
    case 'table':
      return ofRows(
        content,
        content.columns.flatMap((column, index) => linePaths(`columns.${index}.cell`, column.cell)),
      )
    case 'timeline':
      return ofRows(content, [
        ...inRow('time', content.time),
        ...linePaths('primary', content.primary),
        ...linePaths('secondary', content.secondary),
        ...inRow('stamp', content.stamp),
      ])
    case 'links':
      return ofRows(content, [
        ...inRow('label', content.label),
        ...valuePath('url', content.url),
        ...inRow('note', content.note),
      ])
    case 'trend':
      return ofRows(content, valuePath('value', content.value))
    case 'object':
      return {
        row: { place: 'root', path: content.root, list: false },
        paths: content.fields.flatMap((field, index) => linePaths(`fields.${index}.cell`, field.cell)),
      }
    case 'kpi': {
      const { figure, caption, parts, goals } = content
      return {
        row: parts && { place: 'parts.rows', path: parts.rows, list: true },
        paths: [
          ...cellPaths('figure', 'answer', [figure]),
          ...linePaths('caption', caption, 'answer'),
          ...valuePath('parts.key', parts?.key),
          ...valuePath('parts.share', parts?.share),
          ...inRow('parts.label', parts?.label),
          ...inRow('parts.value', parts?.value),
          ...(goals ? [{ place: 'goals.rows', path: goals.rows, from: 'answer' as const, to: 'list' as const }] : []),
        ],
      }
    }
  }
}

function ofRows(content: { rows: string; key: string; total?: string | undefined }, paths: NamedPath[]): ContentPaths {
  return {
    row: { place: 'rows', path: content.rows, list: true },
    paths: [...valuePath('key', content.key), ...valuePath('total', content.total, 'answer'), ...paths],
  }
}

function linePaths(place: string, line: Line | undefined, from: NamedPath['from'] = 'row'): NamedPath[] {
  return (line ?? []).flatMap((cell, index) => cellPaths(`${place}.${index}`, from, [cell]))
}

function cellPaths(place: string, from: NamedPath['from'], cells: readonly (Cell | undefined)[]): NamedPath[] {
  return cells.flatMap(cell => [
    ...valuePath(`${place}.path`, cell?.path, from),
    ...valuePath(`${place}.currency`, cell?.currency, from),
    ...(cell?.when ? [{ place: `${place}.when`, path: cell.when, from, to: 'anything' as const }] : []),
  ])
}

function valuePath(place: string, path: string | undefined, from: NamedPath['from'] = 'row'): NamedPath[] {
  return path === undefined ? [] : [{ place, path, from, to: 'value' }]
}
