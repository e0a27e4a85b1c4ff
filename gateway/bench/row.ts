/** A measured number beside its baseline, measured in the same run, and what was promised. */
export type Row = {
  name: string
  value: number
  unit: string
  baseline?: string | number
  target: string | number
  pass: boolean
}
