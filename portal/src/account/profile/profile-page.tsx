import { Trans } from '@lingui/react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { useApp } from '../../app/app-context.ts'
import { Dateline } from '../../ui/dateline.tsx'
import { Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { useLocale } from '../../ui/use-locale.ts'
import { AccountPage } from '../account-page.tsx'
import type { Account } from '../answers.ts'
import { kindsInWords } from '../factor-words.ts'
import { ProblemInstead } from '../problem-text.tsx'
import { useAccountTexts } from '../texts.ts'
import { inLocale, useAccount } from '../use-account.ts'
import { LanguageSection } from './language-section.tsx'
import { SafetyFigures } from './safety-figures.tsx'

/** The account at a glance: who I am here, how safe it is, which language it speaks. */
export function Page(): ReactNode {
  const t = useAccountTexts()
  const locale = useLocale()
  const { me } = useApp()
  const account = useAccount()
  const { data } = account
  const name = locale === 'en' ? me.names.en : me.names.zhCN
  return (
    <AccountPage lede={data ? <Lede account={data} name={name} /> : t('me.lede.loading', { name })}>
      {data ? (
        <SafetyFigures account={data} />
      ) : account.problem ? null : (
        <div className="figs safety" aria-hidden="true" />
      )}
      <div className="cols">
        <Section
          title={t('me.profile')}
          className="w8"
          dateline={<Dateline systems={['idp']} at={account.at} loading={!data && !account.problem} />}
          busy={!data && !account.problem}
        >
          {account.problem ? (
            <ProblemInstead problem={account.problem} onAgain={() => void account.reload()} />
          ) : !data ? (
            <Skeleton lines={6} />
          ) : (
            <Facts account={data} />
          )}
        </Section>
        {data ? <LanguageSection account={data} at={account.at} onChanged={() => void account.reload()} /> : null}
      </div>
    </AccountPage>
  )
}

function Lede({ account, name }: { account: Account; name: string }): ReactNode {
  const t = useAccountTexts()
  const { totp, passkeys } = account.factors
  if (totp + passkeys === 0) {
    return (
      <Trans
        id={account.required.length > 0 ? 'me.lede.required' : 'me.lede.password'}
        values={{ name }}
        components={{ a: <Link to="/account/security" /> }}
      />
    )
  }
  return passkeys > 0 && account.passkeyAlone
    ? t('me.lede.alone', { name })
    : t('me.lede.factors', { name, factors: kindsInWords(t, account) })
}

function Facts({ account }: { account: Account }): ReactNode {
  const t = useAccountTexts()
  const facts = [
    [t('me.profile.name'), inLocale(account.name)],
    [t('me.profile.username'), account.username],
    [t('me.profile.department'), inLocale(account.department.name)],
    [t('me.profile.position'), inLocale(account.position)],
    [t('me.profile.email'), account.email],
    [t('me.profile.phone'), account.phone ?? '—'],
  ]
  return (
    <>
      <dl className="facts ruled">
        {facts.map(([label, value]) => (
          <div className="fact" key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="note-line">{t('me.profile.note')}</p>
    </>
  )
}
