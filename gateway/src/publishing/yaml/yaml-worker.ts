import { parentPort } from 'node:worker_threads'
import { isMap, isScalar, LineCounter, type Node, parse, parseDocument, stringify, visit } from 'yaml'
import type { ReadYaml, YamlAnswer, YamlQuestion, YamlSlice } from './read-yaml.ts'

/* YAML is read here, beside the gateway: 30 kB of it keep a thread for a tenth of a second. */

parentPort?.on('message', ({ id, kind, text }: YamlQuestion) => {
  const answer: YamlAnswer = { id, result: kind === 'entry' ? read(text) : slices(text) }
  parentPort?.postMessage(answer)
})

function read(text: string): ReadYaml {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const faults = [...document.errors, ...document.warnings].map(error => ({
    message: error.message,
    ...place(error.pos[0]),
  }))
  if (document.errors.length > 0) return { value: null, faults, places: [] }
  const places: ReadYaml['places'] = []
  visit(document, {
    Pair(_, pair, above) {
      const key = pair.key as Node | null
      if (key?.range) places.push([JSON.stringify(pathTo([...above, pair])), place(key.range[0])])
    },
  })
  try {
    // Aliases are resolved here: too many of them, or one of itself, is an error and no value without end.
    return { value: document.toJS() as unknown, faults, places }
  } catch (error) {
    return { value: null, faults: [...faults, { message: (error as Error).message, line: 1, column: 1 }], places: [] }
  }
}

/** Keys from the document's root to a pair; items of lists by their index. */
function pathTo(above: readonly unknown[]): (string | number)[] {
  return above.flatMap((node, index): (string | number)[] => {
    if (node !== null && typeof node === 'object' && 'key' in node)
      return [isScalar(node.key) ? String(node.key.value) : '?']
    const next = above[index + 1]
    if (node !== null && typeof node === 'object' && 'items' in node && next !== undefined && !isMap(node)) {
      const place = (node.items as unknown[]).indexOf(next)
      return place >= 0 ? [place] : []
    }
    return []
  })
}

/** The systems of a systems.yaml, each as the text it is written in. */
function slices(text: string): Record<string, YamlSlice> {
  const document = parseDocument(text)
  const systems = document.get('systems', true)
  if (!isMap(systems)) return {}
  const values = (document.toJS() as { systems: Record<string, unknown> }).systems
  return Object.fromEntries(
    systems.items.map(({ key, value }) => {
      const id = String(isScalar(key) ? key.value : key)
      return [id, { yaml: sliceOf(text, value as Node | null, values[id]), value: values[id] }]
    }),
  )
}

function sliceOf(text: string, node: Node | null, value: unknown): string {
  const range = node?.range
  if (!range) return stringify(value)
  const start = text.lastIndexOf('\n', range[0] - 1) + 1
  const lead = text.slice(start, range[0])
  const own =
    lead.trim() === ''
      ? text
          .slice(start, range[1])
          .split('\n')
          .map(line => (line.slice(0, lead.length).trim() === '' ? line.slice(lead.length) : line))
          .join('\n')
      : text.slice(range[0], range[1])
  const slice = `${own.trimEnd()}\n`
  // Anchors and the like reach beyond a slice; then the values are written anew.
  try {
    return JSON.stringify(parse(slice)) === JSON.stringify(value) ? slice : stringify(value)
  } catch {
    return stringify(value)
  }
}
