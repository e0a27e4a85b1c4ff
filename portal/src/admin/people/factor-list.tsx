import type { ReactNode } from 'react'
import { Button as AriaButton } from 'react-aria-components/Button'
import { Confirm } from '../confirm.tsx'
import { shortDay } from '../moment.ts'
import type { PersonSignIn } from './sign-in-answers.ts'
import { peopleTexts } from './texts.ts'

type Props = {
  name: string
  signIn: PersonSignIn
  busy: boolean
  onRemove: (id: string) => Promise<unknown>
  onRemoveAll: () => Promise<unknown>
}

/** What the person has besides the password, what the roles require, and taking away what is lost. */
export function FactorList({ name, signIn, busy, onRemove, onRemoveAll }: Props): ReactNode {
  const t = peopleTexts.useTexts()
  const { factors, required, recoveryCodesLeft } = signIn
  const kinds = required.map(kind => t(`person.factor.${kind}`)).join(t('person.factors.or'))
  const met = factors.some(factor => required.includes(factor.kind))
  return (
    <section>
      <h3>
        {t('person.factors')}
        <span className="n">{factors.length}</span>
      </h3>
      {required.length > 0 && (
        <p className={met ? 'small dim' : 'small warn'}>
          {t(met ? 'person.factors.required.met' : 'person.factors.required', { kinds })}
        </p>
      )}
      {factors.length === 0 && <p className="small dimmer">{t('person.factors.none')}</p>}
      <ul>
        {factors.map(factor => {
          const called = `${t(`person.factor.${factor.kind}`)} “${factor.name}”`
          return (
            <li key={factor.id}>
              <span>
                {factor.name}
                <span className="micro dimmer block">
                  {t(`person.factor.${factor.kind}`)} ·{' '}
                  {factor.lastUsedAt
                    ? t('person.factor.used', { date: shortDay(factor.lastUsedAt) })
                    : t('person.factor.unused')}
                </span>
              </span>
              <Confirm
                button={
                  <AriaButton
                    className="btn s bare"
                    isDisabled={busy}
                    aria-label={t('person.factor.remove.of', { factor: called })}
                  >
                    {t('person.factor.remove')}
                  </AriaButton>
                }
                title={t('person.factor.remove.of', { factor: called })}
                question={t('person.factor.remove.ask', { name, factor: called })}
                action={t('person.factor.remove')}
                onConfirm={() => onRemove(factor.id)}
              />
            </li>
          )
        })}
        {factors.length + recoveryCodesLeft > 0 && (
          <li>
            <span className="dim">{t('person.recoveryCodes', { n: recoveryCodesLeft })}</span>
            <Confirm
              button={
                <AriaButton className="btn s bare" isDisabled={busy}>
                  {t('person.factors.removeAll')}
                </AriaButton>
              }
              title={t('person.factors.removeAll')}
              question={t('person.factors.removeAll.ask', { name })}
              action={t('person.factors.removeAll')}
              onConfirm={onRemoveAll}
            />
          </li>
        )}
      </ul>
    </section>
  )
}
