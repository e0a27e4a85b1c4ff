/** A scale from zero to a round number above the largest value, with its marks. */
export interface Scale {
  top: number
  marks: number[]
}

/**
 * @param largest of what is drawn
 * @param steps about how many marks above zero
 * @param whole allows no mark between whole numbers
 */
export function scaleTo(largest: number, steps = 5, whole = false): Scale {
  if (!(largest > 0)) return { top: 1, marks: [0, 1] }
  const rough = largest / steps
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  const step = whole
    ? Math.max(1, ([1, 2, 5, 10].find(one => one * magnitude >= rough) ?? 10) * magnitude)
    : ([1, 2, 2.5, 5, 10].find(one => one * magnitude >= rough) ?? 10) * magnitude
  const count = Math.ceil(largest / step - 1e-9)
  return { top: step * count, marks: Array.from({ length: count + 1 }, (_, index) => round(index * step)) }
}

function round(value: number): number {
  return Number(value.toPrecision(12))
}
