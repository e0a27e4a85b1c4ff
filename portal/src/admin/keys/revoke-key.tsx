import type { ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'
import { toast } from '../../ui/toast.tsx'
import { Confirm } from '../confirm.tsx'
import { useAdminApi, type useChange } from '../use-admin.ts'
import type { Keys, SigningKey } from './answers.ts'
import { keysTexts } from './texts.ts'

/** Takes a key back that somebody else may have, after saying what follows from it. */
export function RevokeKey({
  of: key,
  change,
  onDone,
}: {
  of: SigningKey
  change: ReturnType<typeof useChange>
  onDone: () => Promise<void>
}): ReactNode {
  const t = keysTexts.useTexts()
  const api = useAdminApi()
  const revoke = async (): Promise<void> => {
    await change.run(async () => {
      const { replicas } = await api.send<Keys>('POST', `keys/${encodeURIComponent(key.kid)}/revoke`)
      const late = replicas.some(one => one.kids.includes(key.kid))
      toast(t(late ? 'keys.revoked.late' : 'keys.revoked'))
    })
    await onDone()
  }
  const signs = key.state === 'current'
  const consequences = [
    ...(key.state === 'next' ? [] : (['keys.revoke.tokens', 'keys.revoke.people'] as const)),
    ...(signs ? (['keys.revoke.successor', 'keys.revoke.pinned'] as const) : []),
    'keys.revoke.final',
  ] as const
  return (
    <Confirm
      button={
        <Button className="btn s grave" isDisabled={change.busy}>
          {t('keys.revoke')}
        </Button>
      }
      title={t('keys.revoke.of', { kid: key.kid })}
      question={
        <>
          <p>{t('keys.revoke.ask')}</p>
          <ul className="consequences">
            {consequences.map(one => (
              <li key={one}>{t(one)}</li>
            ))}
          </ul>
        </>
      }
      action={t('keys.revoke')}
      onConfirm={revoke}
    />
  )
}
