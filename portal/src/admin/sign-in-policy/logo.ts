const most = 64 * 1024
const types = ['image/png', 'image/svg+xml']

/** What the chosen file is as a data: URI, or why it cannot be a logo. The file's first bytes decide, not only its name. */
export async function readLogo(
  file: File,
): Promise<{ logo: string; fault?: undefined } | { logo?: undefined; fault: 'type' | 'size' }> {
  if (!types.includes(file.type)) return { fault: 'type' }
  if (file.size > most) return { fault: 'size' }
  const bytes = new Uint8Array(await file.arrayBuffer())
  const isPng = [0x89, 0x50, 0x4e, 0x47].every((byte, index) => bytes[index] === byte)
  const isSvg = /<svg[\s>]/.test(new TextDecoder().decode(bytes.subarray(0, 4096)))
  if (file.type === 'image/png' ? !isPng : !isSvg) return { fault: 'type' }
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return { logo: `data:${file.type};base64,${btoa(text)}` }
}
