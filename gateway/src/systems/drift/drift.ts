import type { Misfit } from '../../schema/fit.ts'
import type { Described } from '../description.ts'

/** A system's description is another than before. */
export interface Drift {
  system: string
  before: Described
  after: Described
  misfits: readonly Misfit[]
}
