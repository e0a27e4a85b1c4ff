import { type ReactNode, type SyntheticEvent, useRef, useState } from 'react'
import { IdpProblem } from '../../app/idp-api.ts'
import { useChange } from '../../app/use-idp.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import type { Account } from '../answers.ts'
import { ProblemLine } from '../problem-text.tsx'
import { useAccountTexts } from '../texts.ts'
import { inLocale, useAccountApi } from '../use-account.ts'
import { faultsOf } from './password-faults.ts'
import { PasswordField } from './password-field.tsx'
import type { DoingState } from './use-doing.ts'

type Props = { account: Account; call: DoingState['call']; onDone: () => void; onClose: () => void }

/** Changes the password. All that is wrong with the new one is said at once, beside its field. */
export function PasswordDialog({ account, call, onDone, onClose }: Props): ReactNode {
  const t = useAccountTexts()
  const api = useAccountApi()
  const change = useChange()
  const [tried, setTried] = useState(false)
  const [shown, setShown] = useState(false)
  const [values, setValues] = useState({ current: '', password: '' })
  const form = useRef<HTMLFormElement>(null)
  const { minLength, history } = account.password

  const set = (name: 'current' | 'password') => (value: string) => setValues(before => ({ ...before, [name]: value }))
  const missing = (value: string): string[] => (tried && value === '' ? [t('me.password.required')] : [])
  const wrong = change.problem?.code === 'wrong_password'
  const faults = change.problem ? faultsOf(change.problem).map(inLocale) : []
  const focusFault = (name: 'current' | 'password'): void =>
    form.current?.querySelector<HTMLInputElement>(`input[name="${name}"]`)?.focus()

  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (change.busy) return
    if (values.current === '' || values.password === '')
      return focusFault(values.current === '' ? 'current' : 'password')
    await change.run(async () => {
      try {
        const answered = await call(async () => {
          await api.send('POST', 'password', values)
          return true
        })
        if (answered) onDone()
      } catch (error) {
        if (error instanceof IdpProblem) focusFault(error.code === 'wrong_password' ? 'current' : 'password')
        throw error
      }
    })
  }

  return (
    <Dialog title={t('me.password.change')} isOpen onClose={onClose}>
      <form ref={form} onSubmit={event => void submit(event)} noValidate>
        {/* For password managers: whose password this is. */}
        <input
          className="sr"
          name="username"
          autoComplete="username"
          value={account.username}
          readOnly
          tabIndex={-1}
          aria-hidden
        />
        <PasswordField
          name="current"
          label={t('me.password.current')}
          autoComplete="current-password"
          shown={shown}
          faults={wrong ? [t('me.password.wrong')] : missing(values.current)}
          value={values.current}
          onChange={set('current')}
          autoFocus
        />
        <PasswordField
          name="password"
          label={t('me.password.new')}
          autoComplete="new-password"
          shown={shown}
          hint={
            history > 0
              ? t('me.password.rule.history', { length: minLength, history })
              : t('me.password.rule.length', { length: minLength })
          }
          faults={faults.length > 0 ? faults : missing(values.password)}
          value={values.password}
          onChange={set('password')}
        />
        <label className="check">
          <input type="checkbox" checked={shown} onChange={event => setShown(event.target.checked)} />
          {t('me.password.show')}
        </label>
        {change.problem && !wrong && faults.length === 0 ? <ProblemLine problem={change.problem} /> : null}
        <p className="hint">{t('me.password.others')}</p>
        <div className="bar">
          <Button onClick={onClose}>{t('me.cancel')}</Button>
          <Button look="main" type="submit" busy={change.busy}>
            {t('me.password.change')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
