import { expect, test } from 'vitest'
import { readLogo } from './logo.ts'

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'

test('PNG and SVG become data: URIs as the policy takes them', async () => {
  expect(await readLogo(new File([png], 'a.png', { type: 'image/png' }))).toEqual({
    logo: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
  })
  const { logo } = await readLogo(new File([svg], 'a.svg', { type: 'image/svg+xml' }))
  expect(logo).toMatch(/^data:image\/svg\+xml;base64,[A-Za-z0-9+/=]+$/)
})

test('another kind of picture, or a text called PNG, is refused', async () => {
  expect(await readLogo(new File([png], 'a.gif', { type: 'image/gif' }))).toEqual({ fault: 'type' })
  expect(await readLogo(new File(['hello'], 'a.png', { type: 'image/png' }))).toEqual({ fault: 'type' })
  expect(await readLogo(new File(['hello'], 'a.svg', { type: 'image/svg+xml' }))).toEqual({ fault: 'type' })
})

test('a file over 64 KB is refused', async () => {
  const large = new File([png, new Uint8Array(64 * 1024)], 'a.png', { type: 'image/png' })
  expect(await readLogo(large)).toEqual({ fault: 'size' })
})
