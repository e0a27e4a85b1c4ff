import { contrast, textOn } from './contrast.ts'

// The sheets of both themes (assets/tokens.css): what the button lies on.
const sheets = ['#FCFDFB', '#181C1A']

/**
 * The style sheet that gives the main button the company's colour (`#rrggbb`). Its text is white or black, whichever can be read
 * better, which is always 4.5:1 or more; under the pointer the button goes away from its text's colour, so that it stays so. A colour
 * that would vanish on a sheet gets a border.
 */
export function brandCss(colour: string): string {
  const text = textOn(colour)
  const hover = mix(colour, text === '#ffffff' ? '#000000' : '#ffffff', 0.16)
  const faint = sheets.some(sheet => contrast(colour, sheet) < 3)
  const border = (shade: string): string => (faint ? 'var(--rule-control)' : shade)
  return `.entry .btn.main { background: ${colour}; border-color: ${border(colour)}; color: ${text}; }
.entry .btn.main:hover { background: ${hover}; border-color: ${border(hover)}; color: ${text}; }
`
}

function mix(colour: string, other: string, share: number): string {
  const parts = [1, 3, 5].map(at => {
    const [own, theirs] = [colour, other].map(one => Number.parseInt(one.slice(at, at + 2), 16)) as [number, number]
    return Math.round(own + (theirs - own) * share)
  })
  return `#${parts.map(part => part.toString(16).padStart(2, '0')).join('')}`
}
