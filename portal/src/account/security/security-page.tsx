import type { ReactNode } from 'react'
import { AccountPage } from '../account-page.tsx'
import type { Account, Factors } from '../answers.ts'
import { eitherOf, kindsInWords } from '../factor-words.ts'
import { type AccountTexts, useAccountTexts } from '../texts.ts'
import { useAccount, useMine } from '../use-account.ts'
import { CodesSection } from './codes-section.tsx'
import { FactorsSection } from './factors-section.tsx'
import { PasswordSection } from './password-section.tsx'
import { SecurityDialogs } from './security-dialogs.tsx'
import { useDoing } from './use-doing.ts'

/** How the person signs in: password, second factors, recovery codes. */
export function Page(): ReactNode {
  const t = useAccountTexts()
  const account = useAccount()
  const factors = useMine<Factors>('factors')
  const doing = useDoing(account.data)
  return (
    <AccountPage lede={account.data ? ledeOf(t, account.data) : t('me.tab.security')}>
      <div className="cols">
        <FactorsSection account={account.data} loaded={factors} onBegin={doing.begin} />
        <div className="w4 stack">
          <PasswordSection loaded={account} onBegin={doing.begin} />
          <CodesSection loaded={factors} onBegin={doing.begin} />
        </div>
      </div>
      {account.data && factors.data ? (
        <SecurityDialogs
          account={account.data}
          factors={factors.data}
          doing={doing}
          onChanged={() => Promise.all([account.reload(), factors.reload()])}
        />
      ) : null}
    </AccountPage>
  )
}

function ledeOf(t: AccountTexts, account: Account): string {
  const { totp, passkeys } = account.factors
  if (totp + passkeys === 0)
    return account.required.length > 0
      ? t('me.security.lede.required', { kinds: eitherOf(t, account.required) })
      : t('me.security.lede.password')
  return passkeys > 0 && account.passkeyAlone
    ? t('me.security.lede.alone')
    : t('me.security.lede.factors', { factors: kindsInWords(t, account) })
}
