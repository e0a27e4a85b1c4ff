import { useCallback, useState } from 'react'
import { useApp } from '../../../app/app-context.ts'
import type { DataOf, GraphFault, MutationName, VariablesOf } from '../../../app/graph.ts'

/** Runs a stored mutation, and tells that it is under way and what kept it from being done. */
export function useMutation<N extends MutationName>(
  name: N,
): {
  busy: boolean
  fault: GraphFault | undefined
  run(variables: VariablesOf<N>): Promise<DataOf<N> | undefined>
} {
  const { graph } = useApp()
  const [state, setState] = useState<{ busy: boolean; fault?: GraphFault | undefined }>({ busy: false })
  const run = useCallback(
    async (variables: VariablesOf<N>) => {
      setState({ busy: true })
      const { data, faults } = await graph.mutate(name, variables)
      setState({ busy: false, fault: faults[0] })
      return data
    },
    [graph, name],
  )
  return { busy: state.busy, fault: state.fault, run }
}
