import { type ReactNode, type SyntheticEvent, useCallback, useEffect, useRef, useState } from 'react'
import { useChange } from '../../app/use-idp.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Instead, Skeleton } from '../../ui/instead.tsx'
import type { Added } from '../answers.ts'
import { ProblemInstead, ProblemLine } from '../problem-text.tsx'
import { type AccountTexts, useAccountTexts } from '../texts.ts'
import { useAccountApi } from '../use-account.ts'
import type { DoingState } from './use-doing.ts'
import { canMakePasskeys, deviceInUse, makePasskey, PasskeyError } from './webauthn.ts'

type Enrolment = { enrolment: string; options: PublicKeyCredentialCreationOptionsJSON }
type Props = { alone: boolean; call: DoingState['call']; onAdded: (added: Added) => void; onClose: () => void }

/** Adds a passkey: a name, then the browser's own dialog. */
export function PasskeyDialog({ alone, call, onAdded, onClose }: Props): ReactNode {
  const t = useAccountTexts()
  const able = canMakePasskeys()
  return (
    <Dialog title={t('me.passkey.add')} isOpen onClose={onClose}>
      {able ? (
        <Enrol alone={alone} call={call} onAdded={onAdded} onClose={onClose} />
      ) : (
        <>
          <Instead icon="key" title={t('me.passkey.unsupported')}>
            {t('me.passkey.unsupported.hint')}
          </Instead>
          <div className="bar">
            <Button onClick={onClose} autoFocus>
              {t('me.close')}
            </Button>
          </div>
        </>
      )}
    </Dialog>
  )
}

function Enrol({ alone, call, onAdded, onClose }: Props): ReactNode {
  const t = useAccountTexts()
  const api = useAccountApi()
  const starting = useChange()
  const adding = useChange()
  const [enrolment, setEnrolment] = useState<Enrolment>()
  const [name, setName] = useState(() => t('me.passkey.default', { device: deviceInUse() }))
  const [fault, setFault] = useState<PasskeyError>()
  const leaving = useRef(new AbortController())

  // Asked for in advance: the browser's dialog must follow the click at once, and a refusal comes before anything is typed.
  const start = useCallback(
    () => starting.run(async () => setEnrolment(await call(() => api.send<Enrolment>('POST', 'passkeys/options', {})))),
    [api, call, starting.run],
  )
  const started = useRef(false)
  useEffect(() => {
    if (started.current) return
    started.current = true
    void start()
  }, [start])
  useEffect(() => {
    const { current } = leaving
    return () => current.abort()
  }, [])

  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault()
    if (!enrolment || adding.busy) return
    setFault(undefined)
    await adding.run(async () => {
      try {
        const response = await makePasskey(enrolment.options, leaving.current.signal)
        const body = { enrolment: enrolment.enrolment, response, name: name.trim() || t('me.passkey') }
        const added = await call(() => api.send<Added>('POST', 'passkeys', body))
        if (added) return onAdded(added)
      } catch (error) {
        // A challenge is good for one answer: the next attempt needs another.
        void start()
        if (!(error instanceof PasskeyError)) throw error
        setFault(error)
      }
    })
  }

  if (starting.problem) return <ProblemInstead problem={starting.problem} onAgain={() => void start()} />
  if (!enrolment) return <Skeleton />
  return (
    <form onSubmit={event => void submit(event)} noValidate>
      <p className="dim">{t('me.passkey.what')}</p>
      {alone ? <p className="dim">{t('me.passkey.alone')}</p> : null}
      <TextField
        label={t('me.factors.name')}
        hint={t('me.factors.name.hint')}
        maxLength={60}
        value={name}
        onChange={event => setName(event.target.value)}
      />
      {fault ? (
        <p className="fault" role="alert">
          <Icon name="alert" small />
          {faultText(t, fault)}
        </p>
      ) : (
        <ProblemLine problem={adding.problem} />
      )}
      <div className="bar">
        <Button onClick={onClose}>{t('me.cancel')}</Button>
        <Button look="main" type="submit" icon="key" busy={adding.busy} autoFocus>
          {adding.busy ? t('me.passkey.waiting') : t('me.passkey.start')}
        </Button>
      </div>
    </form>
  )
}

function faultText(t: AccountTexts, { fault, message }: PasskeyError): string {
  return fault === 'failed' ? t('me.passkey.failed', { reason: message }) : t(`me.passkey.${fault}`)
}
