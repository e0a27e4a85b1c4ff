/** The two colours a text on the company's colour can have. One of them always has a contrast of 4.5 or more. */
const light = '#ffffff'
const dark = '#000000'

/** The colour of a text on this one (`#rrggbb`): whichever can be read better. */
export function textOn(colour: string): string {
  return contrast(colour, light) >= contrast(colour, dark) ? light : dark
}

/** The contrast of two colours (WCAG 2.2, "contrast ratio"): 1 to 21. */
export function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
  return (lighter + 0.05) / (darker + 0.05)
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map(at => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
