/** What stands at one place of a contract. */
export interface ContractValue {
  /** text, integer, decimal, boolean, day, time, record, any; or the protocol's own name of a type */
  kind: string
  list: boolean
  /** an input must be given; a property is always there */
  required: boolean
  /** the only values there are */
  values?: readonly string[] | undefined
}

/** What an operation takes and answers, in one shape for all protocols. Lists are passed through in paths. */
export interface OperationContract {
  takes: ReadonlyMap<string, ContractValue>
  answers: ReadonlyMap<string, ContractValue>
}

/** A value whose members are read on demand, since types may contain themselves. */
export interface ContractNode extends ContractValue {
  members(): Iterable<readonly [string, ContractNode]>
}

const deepest = 6
const mostPlaces = 3000

/** Every place below a value, by its path; `''` is the value itself. */
export function placesOf(root: ContractNode): Map<string, ContractValue> {
  const places = new Map<string, ContractValue>()
  const visit = (path: string, node: ContractNode, depth: number): void => {
    if (places.size >= mostPlaces) return
    const { kind, list, required, values } = node
    places.set(path, { kind, list, required, ...(values && { values }) })
    if (depth === deepest) return
    for (const [name, member] of node.members()) visit(path === '' ? name : `${path}.${name}`, member, depth + 1)
  }
  visit('', root, 0)
  return places
}
