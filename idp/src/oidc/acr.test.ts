import { expect, it } from 'vitest'
import { reaches, toldLevel, wantedLevel } from './acr.ts'

const claims = (acr: unknown) => JSON.stringify({ id_token: { acr } })

it.each([
  ['nothing', {}, undefined],
  ['`acr_values`', { acr_values: '2' }, { level: '2', essential: false }],
  ['`acr_values` in the order of preference', { acr_values: '2 1' }, { level: '2', essential: false }],
  ['values that nobody knows', { acr_values: 'urn:mace:incommon:iap:silver 1' }, { level: '1', essential: false }],
  ['only values that nobody knows', { acr_values: 'gold' }, undefined],
  ['a demand', { claims: claims({ essential: true, values: ['2'] }) }, { level: '2', essential: true }],
  ['a demand of one value', { claims: claims({ essential: true, value: '2' }) }, { level: '2', essential: true }],
  ['a demand of either', { claims: claims({ essential: true, values: ['2', '1'] }) }, { level: '1', essential: true }],
  ['a wish', { claims: claims({ values: ['2'] }) }, { level: '2', essential: false }],
  ['a wish without a value', { claims: claims(null) }, undefined],
  [
    'a demand and a wish',
    { claims: claims({ essential: true, value: '2' }), acr_values: '1' },
    { level: '2', essential: true },
  ],
  ['nonsense', { claims: claims({ essential: true, values: [{}] }) }, undefined],
  ['more nonsense', { claims: claims('2') }, undefined],
  ['no claims of the ID token', { claims: JSON.stringify({ userinfo: { acr: { value: '2' } } }) }, undefined],
])('%s asks for a level', (_what, params, wanted) => {
  expect(wantedLevel(params)).toEqual(wanted)
})

it('the higher level includes the lower one', () => {
  const level = (one: '1' | '2') => ({ level: one, essential: true })
  expect([
    reaches('1', level('1')),
    reaches('1', level('2')),
    reaches('2', level('1')),
    reaches('2', level('2')),
  ]).toEqual([true, false, true, true])
  expect(reaches(undefined, level('2'))).toBe(false)
})

it('whoever demands the lower one is told the lower one, nobody else', () => {
  expect(toldLevel('2', { claims: claims({ essential: true, values: ['1'] }) })).toBe('1')
  expect(toldLevel('2', { claims: claims({ essential: true, values: ['1', '2'] }) })).toBe('2')
  expect(toldLevel('2', { claims: claims({ values: ['1'] }) })).toBe('2')
  expect(toldLevel('1', { claims: claims({ essential: true, values: ['1'] }) })).toBe('1')
})
