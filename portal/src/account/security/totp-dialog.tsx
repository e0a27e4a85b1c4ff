import { type ReactNode, type SyntheticEvent, useCallback, useEffect, useRef, useState } from 'react'
import { IdpProblem } from '../../app/idp-api.ts'
import { useChange } from '../../app/use-idp.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Skeleton } from '../../ui/instead.tsx'
import type { Added, Factor } from '../answers.ts'
import { copyText } from '../copy-text.ts'
import { ProblemInstead, ProblemLine } from '../problem-text.tsx'
import { useAccountTexts } from '../texts.ts'
import { useAccountApi } from '../use-account.ts'
import { digitsOf, inFours, unusedName } from './factor-input.ts'
import type { DoingState } from './use-doing.ts'

type Enrolment = { enrolment: string; secret: string; uri: string; qr: string; expiresAt: string }
type Props = {
  factors: readonly Factor[]
  call: DoingState['call']
  onAdded: (added: Added) => void
  onClose: () => void
}

/** Adds an authenticator app: scan or type the secret, then show a code it gives. */
export function TotpDialog({ factors, call, onAdded, onClose }: Props): ReactNode {
  const t = useAccountTexts()
  const api = useAccountApi()
  const starting = useChange()
  const [enrolment, setEnrolment] = useState<Enrolment>()

  const start = useCallback(
    () =>
      starting.run(async () => {
        setEnrolment(undefined)
        setEnrolment(await call(() => api.send<Enrolment>('POST', 'totp', {})))
      }),
    [api, call, starting.run],
  )
  const started = useRef(false)
  useEffect(() => {
    if (started.current) return
    started.current = true
    void start()
  }, [start])

  return (
    <Dialog title={t('me.totp.add')} isOpen onClose={onClose}>
      {enrolment ? (
        <Enrol
          key={enrolment.enrolment}
          enrolment={enrolment}
          name={unusedName(t('me.totp.default'), factors)}
          call={call}
          onAdded={onAdded}
          onAnew={() => void start()}
          onClose={onClose}
        />
      ) : starting.problem ? (
        <ProblemInstead problem={starting.problem} onAgain={() => void start()} />
      ) : (
        <Skeleton lines={6} />
      )}
    </Dialog>
  )
}

type EnrolProps = Omit<Props, 'factors'> & { enrolment: Enrolment; name: string; onAnew: () => void }

function Enrol({ enrolment, name: suggested, call, onAdded, onAnew, onClose }: EnrolProps): ReactNode {
  const t = useAccountTexts()
  const api = useAccountApi()
  const confirming = useChange()
  const [code, setCode] = useState('')
  const [name, setName] = useState(suggested)
  const [fault, setFault] = useState<'missing' | 'wrong'>()
  const field = useRef<HTMLInputElement>(null)
  const expired = isExpired(confirming.problem, enrolment)

  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault()
    if (confirming.busy) return
    const digits = digitsOf(code)
    setFault(digits.length === 6 ? undefined : 'missing')
    if (digits.length !== 6) return field.current?.focus()
    await confirming.run(async () => {
      try {
        const path = `totp/${encodeURIComponent(enrolment.enrolment)}/confirm`
        const added = await call(() => api.send<Added>('POST', path, { code: digits, name: name.trim() || suggested }))
        if (added) onAdded(added)
      } catch (error) {
        if (!(error instanceof IdpProblem) || !isWrongCode(error)) throw error
        setFault('wrong')
        setCode('')
        field.current?.focus()
      }
    })
  }

  return (
    <form onSubmit={event => void submit(event)} noValidate>
      <div className="enrol">
        <img
          className="qr"
          width={176}
          height={176}
          alt={t('me.totp.qr')}
          src={`data:image/svg+xml,${encodeURIComponent(enrolment.qr)}`}
        />
        <div>
          <p className="strong">{t('me.totp.scan')}</p>
          <p className="hint">{t('me.totp.scan.hint')}</p>
          {enrolment.uri.startsWith('otpauth://') ? (
            <p className="onphone">
              <a className="link" href={enrolment.uri}>
                {t('me.totp.open')}
              </a>
            </p>
          ) : null}
          <p className="hint gap">{t('me.totp.secret')}</p>
          <p className="secret" translate="no">
            <code>{inFours(enrolment.secret)}</code>
            <Button small onClick={() => void copyText(t, enrolment.secret)}>
              {t('me.totp.copy')}
            </Button>
          </p>
        </div>
      </div>
      <TextField
        ref={field}
        label={t('me.totp.code')}
        name="otp"
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={10}
        required
        autoFocus
        className="input digits"
        value={code}
        fault={
          fault === 'missing' ? t('me.totp.code.required') : fault === 'wrong' ? t('me.totp.code.wrong') : undefined
        }
        onChange={event => setCode(event.target.value)}
      />
      <TextField
        label={t('me.factors.name')}
        hint={t('me.factors.name.hint')}
        maxLength={60}
        value={name}
        onChange={event => setName(event.target.value)}
      />
      {expired ? (
        <p className="fault" role="alert">
          {t('me.totp.expired')}
        </p>
      ) : (
        <ProblemLine problem={confirming.problem} />
      )}
      <div className="bar">
        <Button onClick={onClose}>{t('me.cancel')}</Button>
        {expired ? (
          <Button look="main" onClick={onAnew}>
            {t('me.totp.restart')}
          </Button>
        ) : (
          <Button look="main" type="submit" busy={confirming.busy}>
            {t('me.totp.confirm')}
          </Button>
        )}
      </div>
    </form>
  )
}

function isWrongCode({ code }: IdpProblem): boolean {
  return code === 'wrong_code'
}

function isExpired(problem: IdpProblem | undefined, { expiresAt }: Enrolment): boolean {
  if (!problem) return false
  return problem.status === 404 || problem.status === 410 || Date.parse(expiresAt) <= Date.now()
}
