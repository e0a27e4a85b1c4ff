import type { TableSettings } from './configuration.ts'
import { FileFault } from './fault.ts'

/**
 * The text of a file. Without being told, it is UTF-8 or UTF-16 by its mark, UTF-8 if it can be, and else what Chinese
 * Excel writes.
 * @throws FileFault when bytes are not of the encoding: a replaced character would be a wrong value
 */
export function decodeText(bytes: Buffer, encoding: TableSettings['encoding']): string {
  if (encoding !== 'auto') return decoded(bytes, encoding) ?? fail(`is not in ${encoding}`)
  if (bytes[0] === 0xff && bytes[1] === 0xfe)
    return decoded(bytes, 'utf-16le') ?? fail('is not in UTF-16, as its mark says')
  if (bytes[0] === 0xfe && bytes[1] === 0xff)
    return decoded(bytes, 'utf-16be') ?? fail('is not in UTF-16, as its mark says')
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const text = decoded(bytes, 'utf-8')
  if (text !== undefined && !text.includes('\0')) return text
  if (marked) return fail('is not in UTF-8, as its mark says')
  const wide = wideByZeros(bytes)
  if (wide) return decoded(bytes, wide) ?? fail('is not in UTF-16, as its zeros say')
  // A file that ends in the middle of a character is half a file, not one of another encoding.
  for (let cut = 1; cut <= 3; cut += 1)
    if (
      decoded(bytes.subarray(0, bytes.length - cut), 'utf-8') !== undefined &&
      !isAscii(bytes.subarray(0, bytes.length - cut))
    )
      return fail('ends in the middle of a character')
  return decoded(bytes, 'gb18030') ?? fail('is in no encoding that is known; name it')
}

function decoded(bytes: Buffer, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** UTF-16 without a mark: every other byte of what is written in plain letters is nought. */
function wideByZeros(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const sample = bytes.subarray(0, 4000)
  const zeros = [0, 0] as [number, number]
  for (const [index, byte] of sample.entries()) if (byte === 0) zeros[(index % 2) as 0 | 1] += 1
  if (zeros[1] > sample.length / 10 && zeros[0] < zeros[1] / 10) return 'utf-16le'
  return zeros[0] > sample.length / 10 && zeros[1] < zeros[0] / 10 ? 'utf-16be' : undefined
}

function isAscii(bytes: Buffer): boolean {
  return bytes.every(byte => byte < 0x80)
}

function fail(what: string): never {
  throw new FileFault(`the file ${what}`)
}
