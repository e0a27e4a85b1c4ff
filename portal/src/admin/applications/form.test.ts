import { describe, expect, test } from 'vitest'
import {
  asKind,
  type Draft,
  draftOf,
  emptyDraft,
  type Fault,
  type Field,
  faultsOf,
  inputOf,
  isAsked,
  refusedFields,
  suggestId,
} from './form.ts'

const filled = (changes: Partial<Draft> = {}): Draft => ({
  ...emptyDraft(changes.kind ?? 'web'),
  id: 'helpdesk',
  nameZh: '服务台',
  nameEn: 'Help desk',
  url: 'https://help.example.com/',
  redirectUris: 'https://help.example.com/callback',
  ...changes,
})

describe('only what a kind needs is asked', () => {
  test.each([
    ['web', ['url', 'redirectUris', 'authentication', 'backchannelLogoutUri', 'par'], ['jwks', 'jwksUri']],
    ['browser', ['url', 'redirectUris', 'postLogoutRedirectUris'], ['authentication', 'backchannelLogoutUri', 'jwks']],
    ['machine', ['authentication'], ['url', 'redirectUris', 'postLogoutRedirectUris', 'backchannelLogoutUri']],
    ['device', ['nameZh', 'redirectUris'], ['url', 'authentication', 'backchannelLogoutUri']],
    ['legacy_implicit', ['url', 'redirectUris'], ['authentication', 'dpop', 'par', 'backchannelLogoutUri']],
  ] as const)('%s', (kind, yes, no) => {
    for (const field of yes) expect(isAsked(emptyDraft(kind), field), field).toBe(true)
    for (const field of no) expect(isAsked(emptyDraft(kind), field), field).toBe(false)
  })

  test('keys are asked of private_key_jwt only, from the place chosen', () => {
    const signed = filled({ authentication: 'private_key_jwt' })
    expect([isAsked(signed, 'jwksUri'), isAsked(signed, 'jwks')]).toEqual([true, false])
    const inline: Draft = { ...signed, keys: 'inline' }
    expect([isAsked(inline, 'jwksUri'), isAsked(inline, 'jwks')]).toEqual([false, true])
  })
})

test('what is not asked is not sent, even when it was typed before the kind was changed', () => {
  expect(inputOf(filled({ kind: 'machine', backchannelLogoutUri: 'https://a.example/x', par: true }))).toMatchObject({
    kind: 'machine',
    redirectUris: [],
    backchannelLogoutUri: null,
    par: false,
    authentication: 'client_secret_basic',
  })
  expect(inputOf(filled({ kind: 'browser' })).authentication).toBe('none')
})

test.each<[Partial<Draft>, Field, Fault]>([
  [{ id: '' }, 'id', 'required'],
  [{ id: 'Help Desk' }, 'id', 'id'],
  [{ nameZh: ' ' }, 'nameZh', 'required'],
  [{ url: 'help.example.com' }, 'url', 'url'],
  [{ url: 'javascript:alert(1)' }, 'url', 'url'],
  [{ url: 'https://a:b@example.com' }, 'url', 'url'],
  [{ redirectUris: '' }, 'redirectUris', 'redirect.required'],
  [{ redirectUris: '/callback' }, 'redirectUris', 'redirect.absolute'],
  [{ redirectUris: 'https://a.example/cb\nhttps://*.example/cb' }, 'redirectUris', 'redirect.wildcard'],
  [{ redirectUris: 'https://a.example/cb#x' }, 'redirectUris', 'redirect.fragment'],
  [{ redirectUris: 'javascript:alert(1)' }, 'redirectUris', 'redirect.insecure'],
  [{ backchannelLogoutUri: 'logout' }, 'backchannelLogoutUri', 'redirect.absolute'],
  [{ authentication: 'private_key_jwt' }, 'jwksUri', 'required'],
  [{ authentication: 'private_key_jwt', keys: 'inline', jwks: '{"keys":[]}' }, 'jwks', 'jwks'],
  [
    { authentication: 'private_key_jwt', keys: 'inline', jwks: '{"keys":[{"kty":"EC","d":"secret"}]}' },
    'jwks',
    'jwks.private',
  ],
])('%o has a fault at %s', (changes, field, fault) => {
  expect(faultsOf(filled(changes))).toEqual({ [field]: fault })
})

test('a good form has no fault, an application comes back as it went', () => {
  expect(faultsOf(filled())).toEqual({})
  const application = {
    ...inputOf(filled()),
    id: 'helpdesk',
    signIns30d: 0,
    liveSessions: 0,
    createdAt: '',
    updatedAt: '',
    revision: 1,
    updatedBy: null,
    warnings: [],
  }
  expect(inputOf(draftOf(application))).toEqual(inputOf(filled()))
})

test('a device needs no address to return to; one that came with a secret keeps it', () => {
  expect(faultsOf(filled({ kind: 'device', redirectUris: '' }))).toEqual({})
  expect(inputOf(asKind(filled(), 'device')).authentication).toBe('none')
  expect(inputOf(filled({ kind: 'device', authentication: 'client_secret_post' })).authentication).toBe(
    'client_secret_post',
  )
})

test('what idp refuses stands at its field', () => {
  const one = { zh: '一', en: 'one' }
  const two = { zh: '二', en: 'two' }
  expect(
    refusedFields({
      faults: [
        { path: 'redirectUris.0', code: 'insecure_address', detail: one },
        { path: 'redirectUris.1', code: 'duplicate', detail: two },
        { path: 'url', code: 'missing', detail: two },
      ],
    }),
  ).toEqual({ redirectUris: one, url: two })
  expect(refusedFields({})).toEqual({})
})

test('an id is suggested from the English name, else from the host', () => {
  expect(suggestId('Help Desk (Süd)', '')).toBe('help-desk-sud')
  expect(suggestId('', 'https://wiki.example.com/x')).toBe('wiki')
  expect(suggestId('', 'http://10.0.0.4:8069')).toBe('')
  expect(suggestId('3D Viewer', '')).toBe('d-viewer')
})
