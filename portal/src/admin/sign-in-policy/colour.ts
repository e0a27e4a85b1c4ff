/** The colour of a text on this one (`#rrggbb`): white or black, whichever can be read better, as the sign-in pages choose it. */
export function textOn(colour: string): '#ffffff' | '#000000' {
  const own = luminance(colour)
  // WCAG 2.2, contrast ratio: (lighter + 0.05) / (darker + 0.05).
  return 1.05 / (own + 0.05) >= (own + 0.05) / 0.05 ? '#ffffff' : '#000000'
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
