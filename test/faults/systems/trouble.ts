export type TroubleKind =
  | 'none'
  | 'slow'
  | 'half'
  | 'page'
  | 'types'
  | 'schema'
  | 'large'
  | 'error'
  | 'busy'
  | 'pause'
  | 'expired'
  | 'flap'
  | 'reset'
  | 'trickle'
  | 'bomb'
  | 'headers'
  | 'garbage'

/** How a system misbehaves. */
export interface Trouble {
  kind: TroubleKind
  /** how late it is */
  ms?: number
  /** how many answers are bad before it is well again; all unless told */
  times?: number
}
