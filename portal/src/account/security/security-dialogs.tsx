import { type ReactNode, useState } from 'react'
import { toast } from '../../ui/toast.tsx'
import type { Account, Added, Factors } from '../answers.ts'
import { focusSection } from '../focus.ts'
import { useAccountTexts } from '../texts.ts'
import { CodesDialog } from './codes-dialog.tsx'
import { NewCodesDialog } from './new-codes-dialog.tsx'
import { PasskeyDialog } from './passkey-dialog.tsx'
import { PasswordDialog } from './password-dialog.tsx'
import { ProofDialog } from './proof-dialog.tsx'
import { RemoveDialog } from './remove-dialog.tsx'
import { RenameDialog } from './rename-dialog.tsx'
import { TotpDialog } from './totp-dialog.tsx'
import type { DoingState } from './use-doing.ts'

type Props = { account: Account; factors: Factors; doing: DoingState; onChanged: () => Promise<unknown> }

/** The dialog of what is under way; then, when there are some, the recovery codes. */
export function SecurityDialogs({ account, factors, doing: state, onChanged }: Props): ReactNode {
  const t = useAccountTexts()
  const [codes, setCodes] = useState<string[]>()
  const { doing, waiting, end, call } = state

  const finish = (said: string | undefined, fresh: string[] | null = null): void => {
    if (said) toast(said)
    end()
    if (fresh) setCodes(fresh)
    void onChanged()
    focusSection('factors')
  }
  const added = ({ factor, recoveryCodes }: Added): void =>
    finish(
      factor.kind === 'totp' ? t('me.totp.done', { name: factor.name }) : t('me.passkey.done', { name: factor.name }),
      recoveryCodes,
    )

  if (codes) {
    return (
      <CodesDialog
        codes={codes}
        username={account.username}
        onClose={() => {
          setCodes(undefined)
          focusSection('codes')
        }}
      />
    )
  }
  if (waiting) return <ProofDialog doing={waiting.doing} proof={waiting.proof} onClose={end} />
  if (!doing) return null
  const common = { call, onClose: end }
  switch (doing.what) {
    case 'password':
      return <PasswordDialog {...common} account={account} onDone={() => finish(t('me.password.done'))} />
    case 'totp':
      return <TotpDialog {...common} factors={factors.items} onAdded={added} />
    case 'passkey':
      return <PasskeyDialog {...common} alone={account.passkeyAlone} onAdded={added} />
    case 'codes':
      return <NewCodesDialog {...common} left={factors.recoveryCodes.left} onMade={made => finish(undefined, made)} />
    case 'rename':
      return <RenameDialog {...common} factor={doing} onRenamed={name => finish(t('me.factors.renamed', { name }))} />
    case 'remove':
      return (
        <RemoveDialog
          {...common}
          factor={doing}
          account={account}
          factors={factors.items}
          onRemoved={() => finish(t('me.factors.removed', { name: doing.name }))}
        />
      )
  }
}
