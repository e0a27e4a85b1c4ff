import { type ReactNode, useState } from 'react'
import { storeLocale } from '../../app/preferences.ts'
import { useChange } from '../../app/use-idp.ts'
import { forgetAnswers } from '../../app/use-operation.ts'
import { activateLocale, type Locale, locales } from '../../locales/texts.ts'
import { Dateline } from '../../ui/dateline.tsx'
import { Section } from '../../ui/section.tsx'
import { toast } from '../../ui/toast.tsx'
import { useLocale } from '../../ui/use-locale.ts'
import type { Account } from '../answers.ts'
import { ProblemLine } from '../problem-text.tsx'
import { accountTexts, useAccountTexts } from '../texts.ts'
import { useAccountApi } from '../use-account.ts'

type Props = { account: Account; at: number | undefined; onChanged: () => void }

/** The language of the account; the portal follows at once. */
export function LanguageSection({ account, at, onChanged }: Props): ReactNode {
  const t = useAccountTexts()
  const api = useAccountApi()
  const change = useChange()
  const shown = useLocale()
  const [chosen, setChosen] = useState(account.locale)
  const choose = async (locale: Locale): Promise<void> => {
    if (change.busy) return
    const before = chosen
    setChosen(locale)
    if (!(await change.run(() => api.send('PUT', 'locale', { locale })))) return setChosen(before)
    storeLocale(locale)
    forgetAnswers()
    await activateLocale(locale)
    toast(accountTexts.text('me.language.saved'))
    onChanged()
  }
  return (
    <Section title={t('me.language')} className="w4" dateline={<Dateline systems={['idp']} at={at} />}>
      <fieldset className="choices" aria-busy={change.busy}>
        <legend className="sr">{t('me.language')}</legend>
        {locales.map(locale => (
          <label className="check" key={locale} lang={locale}>
            <input type="radio" name="language" checked={chosen === locale} onChange={() => void choose(locale)} />
            {t(`me.language.${locale}`)}
          </label>
        ))}
      </fieldset>
      <p className="note-line">{t('me.language.note')}</p>
      {chosen && chosen !== shown ? (
        <p className="note-line">{t('me.language.differs', { language: t(`me.language.${shown}`) })}</p>
      ) : null}
      {account.locale ? null : <p className="note-line">{t('me.language.unset')}</p>}
      <ProblemLine problem={change.problem} />
    </Section>
  )
}
