import { type FormEvent, type ReactNode, useState } from 'react'
import { Button as AriaButton } from 'react-aria-components/Button'
import { useOperation } from '../../../app/use-operation.ts'
import { Button } from '../../../ui/button.tsx'
import { FaultBlock } from '../../../ui/fault-block.tsx'
import { TextField } from '../../../ui/field.tsx'
import { Instead } from '../../../ui/instead.tsx'
import { Section } from '../../../ui/section.tsx'
import { toast } from '../../../ui/toast.tsx'
import { Confirm } from '../../confirm.tsx'
import { shortMoment } from '../../moment.ts'
import { isSecretName, secretsNamed } from './secrets.ts'
import { attachTexts } from './texts.ts'
import { useMutation } from './use-mutation.ts'
import type { Workbench } from './use-workbench.ts'

/** Which secrets are kept for a system, since when and by whom. They are written and replaced, never shown. */
export function SecretsTab({ bench, name }: { bench: Workbench; name: string }): ReactNode {
  const t = attachTexts.useTexts()
  const { answer, reload } = useOperation('SystemSecrets', { system: bench.id })
  const [open, setOpen] = useState<string>()
  const remove = useMutation('RemoveSystemSecret')
  const kept = answer?.data?.systemSecrets ?? []
  const named = secretsNamed(bench.yaml)
  const missing = named.filter(one => !kept.some(secret => secret.name === one))
  const fault = answer?.faults[0]
  const done = (secret: string): void => {
    setOpen(undefined)
    toast(t('secrets.set', { secret }))
    reload()
    void bench.runCheck()
  }
  return (
    <div className="cols">
      <Section
        className="w8"
        title={t('secrets.title')}
        count={kept.length}
        dateline={<span className="dateline">{t('secrets.note')}</span>}
      >
        {fault && <FaultBlock fault={fault} name={t('secrets.title')} system={name} onRetry={reload} />}
        {remove.fault && <FaultBlock fault={remove.fault} name={t('secrets.title')} system={name} onRetry={reload} />}
        {answer?.data && kept.length + missing.length === 0 && (
          <Instead icon="key" title={t('secrets.none')}>
            {t('secrets.none.hint')} <span className="code">{`\${secret:NAME}`}</span>
          </Instead>
        )}
        <ul className="rows">
          {answer?.data &&
            missing.map(secret => (
              <li key={secret} className="secret">
                <div>
                  <span className="code strong">{secret}</span>{' '}
                  <span className="badge bad">{t('secrets.missing')}</span>
                  <span className="block small dimmer">{t('secrets.missing.hint')}</span>
                </div>
                {open === secret ? (
                  <SecretForm system={bench.id} secret={secret} onDone={done} onCancel={() => setOpen(undefined)} />
                ) : (
                  <Button small onClick={() => setOpen(secret)}>
                    {t('secrets.setNow', { secret })}
                  </Button>
                )}
              </li>
            ))}
          {kept.map(secret => (
            <li key={secret.name} className="secret">
              <div>
                <span className="code strong">{secret.name}</span>{' '}
                {!secret.named && !named.includes(secret.name) && <span className="badge">{t('secrets.unused')}</span>}
                <span className="block small dimmer">
                  {t('secrets.by', { at: shortMoment(secret.setAt), by: secret.setBy })}
                </span>
              </div>
              {open === secret.name ? (
                <SecretForm system={bench.id} secret={secret.name} onDone={done} onCancel={() => setOpen(undefined)} />
              ) : (
                <span className="bar">
                  <Button
                    small
                    onClick={() => setOpen(secret.name)}
                    aria-label={t('secrets.replaceOf', { secret: secret.name })}
                  >
                    {t('secrets.replace')}
                  </Button>
                  {!secret.named && (
                    <Confirm
                      button={
                        <AriaButton className="btn s bare" aria-label={t('secrets.removeOf', { secret: secret.name })}>
                          {t('secrets.remove')}
                        </AriaButton>
                      }
                      title={t('secrets.removeOf', { secret: secret.name })}
                      question={t('secrets.remove.ask')}
                      action={t('secrets.remove')}
                      onConfirm={async () => {
                        await remove.run({ system: bench.id, name: secret.name })
                        reload()
                      }}
                    />
                  )}
                </span>
              )}
            </li>
          ))}
        </ul>
      </Section>
      <Section className="w4" title={t('secrets.add')} dateline={null}>
        <SecretForm system={bench.id} onDone={done} />
      </Section>
    </div>
  )
}

type FormProps = { system: string; secret?: string; onDone: (name: string) => void; onCancel?: () => void }

function SecretForm({ system, secret, onDone, onCancel }: FormProps): ReactNode {
  const t = attachTexts.useTexts()
  const [name, setName] = useState(secret ?? '')
  const [value, setValue] = useState('')
  const [tried, setTried] = useState(false)
  const { busy, fault, run } = useMutation('SetSystemSecret')
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (!isSecretName(name) || value === '') return
    const data = await run({ system, name, value })
    if (!data) return
    setValue('')
    setTried(false)
    if (!secret) setName('')
    onDone(name)
  }
  return (
    <form className="secretform" noValidate onSubmit={event => void submit(event)}>
      {!secret && (
        <TextField
          label={t('secrets.name')}
          hint={t('secrets.name.hint')}
          fault={tried && !isSecretName(name) ? t('secrets.name.fault') : undefined}
          value={name}
          className="input code"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          onChange={event => setName(event.target.value)}
        />
      )}
      <TextField
        label={secret ? t('secrets.valueOf', { secret }) : t('secrets.value')}
        hint={t('secrets.value.hint')}
        fault={tried && value === '' ? t('secrets.value.fault') : fault?.message}
        type="password"
        autoComplete="new-password"
        maxLength={20_000}
        value={value}
        onChange={event => setValue(event.target.value)}
      />
      <div className="bar">
        <Button small look="main" type="submit" busy={busy} disabled={busy}>
          {t('secrets.keep')}
        </Button>
        {onCancel && (
          <Button small look="bare" onClick={onCancel}>
            {t('cancel')}
          </Button>
        )}
      </div>
    </form>
  )
}
