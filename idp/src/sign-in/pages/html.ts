/** HTML that may be sent as it is. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  toString(): string {
    return this.text
  }
}

type Part = string | number | undefined | false | Html | Html[]

/** A template whose values are escaped, unless they are HTML themselves. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  let text = strings[0] ?? ''
  for (let n = 0; n < parts.length; n++) text += render(parts[n]) + (strings[n + 1] ?? '')
  return new Html(text)
}

/** Marks a text as HTML. For the library's own forms and our constants only. */
export function raw(text: string): Html {
  return new Html(text)
}

function render(part: Part): string {
  if (part === undefined || part === false) return ''
  if (Array.isArray(part)) return part.map(one => one.text).join('')
  if (part instanceof Html) return part.text
  return String(part).replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)
}
