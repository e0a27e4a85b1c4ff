import { type ReactNode, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Skeleton } from '../../ui/instead.tsx'
import { toast } from '../../ui/toast.tsx'
import { CopyButton } from '../copy-button.tsx'
import { Drawer } from '../drawer.tsx'
import { shortMoment } from '../moment.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { inLocale, useAdmin, useAdminApi, useChange } from '../use-admin.ts'
import type { Mail, OpenedMail } from './answers.ts'
import { mailsTexts } from './texts.ts'

/** One mail: who gets it and what became of it; its text only when asked for, because reading is recorded. */
export function MailDrawer({
  mail,
  sendable,
  onClose,
  onChanged,
}: {
  mail: Mail
  /** there is a mail server that could send it now */
  sendable: boolean
  onClose: () => void
  onChanged: () => void
}): ReactNode {
  const t = mailsTexts.useTexts()
  const api = useAdminApi()
  const change = useChange()
  const [reading, setReading] = useState(false)
  const path = `mails/${encodeURIComponent(mail.id)}`
  const opened = useAdmin<OpenedMail>(reading ? path : undefined)
  const problem = change.problem ?? opened.problem
  return (
    <Drawer
      title={mail.subject}
      kicker={mail.person ? `${inLocale(mail.person.name)} · ${mail.to}` : mail.to}
      onClose={onClose}
      foot={
        (mail.state === 'failed' || (mail.state === 'kept' && sendable)) && (
          <div className="bar">
            <Button
              icon="refresh"
              disabled={change.busy}
              onClick={async () => {
                if (await change.run(() => api.send('POST', `${path}/retry`))) toast(t('mails.retried'))
                onChanged()
              }}
            >
              {t('mails.retry')}
            </Button>
          </div>
        )
      }
    >
      {problem && <ProblemBlock problem={problem} onAgain={() => void opened.reload()} />}
      <dl className="facts padt">
        <dt>{t('mails.state')}</dt>
        <dd>{t(`mails.state.${mail.state}`)}</dd>
        <dt>{t('mails.createdAt')}</dt>
        <dd>{shortMoment(mail.createdAt)}</dd>
        {mail.sentAt && (
          <>
            <dt>{t('mails.sentAt')}</dt>
            <dd>{shortMoment(mail.sentAt)}</dd>
          </>
        )}
        {mail.error && (
          <>
            <dt>{t('mails.error')}</dt>
            <dd className="bad">{mail.error}</dd>
          </>
        )}
        <dt>{t('mails.language')}</dt>
        <dd>{t(mail.language === 'en' ? 'mails.language.en' : 'mails.language.zh-CN')}</dd>
      </dl>
      {opened.data ? (
        <section className="padt" aria-label={t('mails.body')}>
          <h3>
            {t('mails.body')}
            <span className="n">{opened.data.text && <CopyButton text={opened.data.text} />}</span>
          </h3>
          {opened.data.text === null ? (
            <p className="small dimmer">{t('mails.textGone')}</p>
          ) : (
            <p className="mailtext">{opened.data.text}</p>
          )}
          <p className="micro dimmer" role="status">
            {t('mails.wasAudited')}
          </p>
        </section>
      ) : reading && !opened.problem ? (
        <Skeleton lines={5} />
      ) : (
        <div className="padt">
          <p className="small dim">{t('mails.read.note')}</p>
          <div className="bar padt">
            <Button icon="eye" onClick={() => setReading(true)}>
              {t('mails.read')}
            </Button>
          </div>
        </div>
      )}
    </Drawer>
  )
}
