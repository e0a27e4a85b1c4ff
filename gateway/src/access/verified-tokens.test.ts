import { expect, test } from 'vitest'
import { rememberVerified } from './verified-tokens.ts'

const minute = 60_000

test('a token is checked once a minute, never after its end, and a refused one every time', async () => {
  let at = 1_000_000
  const checked: string[] = []
  const verify = rememberVerified(
    async token => {
      checked.push(token)
      if (token === 'wrong') throw new Error('refused')
      return { sub: token, exp: token === 'short' ? 1010 : 999_999 }
    },
    () => at,
  )
  await verify('long')
  expect(await verify('long')).toMatchObject({ sub: 'long' })
  await verify('short')
  at += 9_000
  await verify('short')
  at += 1_001
  await verify('short')
  at += minute
  await verify('long')
  await expect(verify('wrong')).rejects.toThrow('refused')
  await expect(verify('wrong')).rejects.toThrow('refused')
  expect(checked).toEqual(['long', 'short', 'short', 'long', 'wrong', 'wrong'])
})

test('what is being checked while a key goes is checked once more', async () => {
  let answers = 0
  let arrived = (): void => {}
  const verify = rememberVerified(async () => {
    if (++answers > 1) throw new Error('refused')
    await new Promise<void>(resolve => {
      arrived = resolve
    })
    return { sub: 'a', exp: 9_999_999_999 }
  })
  const checking = verify('token')
  verify.forget()
  arrived()
  await expect(checking).rejects.toThrow('refused')
})
