import type { ReactNode } from 'react'
import { AreaField, TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { Text } from '../answers.ts'
import { inLocale } from '../use-admin.ts'
import type { Authentication } from './answers.ts'
import { type Draft, type Fault, type Field, isAsked } from './form.ts'
import { applicationsTexts } from './texts.ts'

type Props = {
  draft: Draft
  faults: Partial<Record<Field, Fault>>
  /** what idp said of a field */
  refused?: Partial<Record<Field, Text>>
  /** the id of an application that exists does not change */
  fixedId?: boolean
  onChange: (changes: Partial<Draft>) => void
}

const authentications: Record<'web' | 'machine', Authentication[]> = {
  web: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  machine: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
}

/** The fields that this kind of application needs, the rarer ones behind "more". */
export function ApplicationForm({ draft, faults, refused, fixedId, onChange }: Props): ReactNode {
  const t = applicationsTexts.useTexts()
  const fault = (field: Field): string | undefined => {
    const found = faults[field]
    const said = refused?.[field]
    return found ? t(`fault.${found}`) : said && inLocale(said)
  }
  const line = (
    field: 'nameZh' | 'nameEn' | 'id' | 'url' | 'backchannelLogoutUri' | 'jwksUri',
    hint?: string,
  ): ReactNode =>
    isAsked(draft, field) && (
      <TextField
        label={t(`field.${field}`)}
        hint={hint}
        fault={fault(field)}
        value={draft[field]}
        spellCheck={false}
        onChange={event => onChange({ [field]: event.target.value })}
      />
    )
  const area = (field: 'redirectUris' | 'postLogoutRedirectUris' | 'jwks', rows: number): ReactNode =>
    isAsked(draft, field) && (
      <div className="widefield">
        <AreaField
          label={t(`field.${field}`)}
          hint={t(
            field === 'redirectUris' && draft.kind === 'device' ? 'field.redirectUris.device' : `field.${field}.hint`,
          )}
          fault={fault(field)}
          rows={rows}
          value={draft[field]}
          spellCheck={false}
          onChange={event => onChange({ [field]: event.target.value })}
        />
      </div>
    )
  const more = (['postLogoutRedirectUris', 'dpop', 'par', 'idTokenAlg'] as const).filter(field => isAsked(draft, field))
  return (
    <div className="formgrid appform">
      {line('nameZh')}
      {line('nameEn')}
      {line('url', t('field.url.hint'))}
      {!fixedId && line('id', t('field.id.hint'))}
      {area('redirectUris', 2)}
      <div className="widefield">{line('backchannelLogoutUri', t('field.backchannelLogoutUri.hint'))}</div>
      {isAsked(draft, 'authentication') && (
        <Choice
          label={t('field.authentication')}
          options={authentications[draft.kind === 'machine' ? 'machine' : 'web'].map(one => [one, t(`auth.${one}`)])}
          value={draft.authentication}
          onChange={authentication => onChange({ authentication })}
        />
      )}
      {isAsked(draft, 'keys') && (
        <Choice
          label={t('field.keys')}
          options={[
            ['uri', t('field.keys.uri')],
            ['inline', t('field.keys.inline')],
          ]}
          value={draft.keys}
          onChange={keys => onChange({ keys })}
        />
      )}
      {isAsked(draft, 'jwksUri') && <div className="widefield">{line('jwksUri', t('field.jwksUri.hint'))}</div>}
      {area('jwks', 5)}
      {more.length > 0 && (
        <details className="widefield moreoptions" open={more.some(field => fault(field)) || undefined}>
          <summary>{t('wizard.more')}</summary>
          <div className="formgrid">
            {area('postLogoutRedirectUris', 2)}
            {isAsked(draft, 'idTokenAlg') && (
              <Choice
                label={t('field.idTokenAlg')}
                hint={t('field.idTokenAlg.hint')}
                options={[
                  ['ES256', 'ES256'],
                  ['RS256', 'RS256'],
                ]}
                value={draft.idTokenAlg}
                onChange={idTokenAlg => onChange({ idTokenAlg })}
              />
            )}
            {(['par', 'dpop'] as const).map(
              field =>
                isAsked(draft, field) && (
                  <div className="widefield" key={field}>
                    <label className="check">
                      <input
                        type="checkbox"
                        checked={draft[field]}
                        onChange={event => onChange({ [field]: event.target.checked })}
                      />
                      <span>
                        {t(`field.${field}`)}
                        <span className="hint block">{t(`field.${field}.hint`)}</span>
                      </span>
                    </label>
                  </div>
                ),
            )}
          </div>
        </details>
      )}
    </div>
  )
}

function Choice<T extends string>({
  label,
  hint,
  options,
  value,
  onChange,
}: {
  label: string
  hint?: string
  options: [T, string][]
  value: T
  onChange: (value: T) => void
}): ReactNode {
  return (
    <label className="field">
      <span className="label">{label}</span>
      <span className="pick">
        <select className="select" value={value} onChange={event => onChange(event.target.value as T)}>
          {options.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <Icon name="down" small />
      </span>
      {hint && <span className="hint">{hint}</span>}
    </label>
  )
}
