import { type ReactNode, useState } from 'react'
import type { Loaded } from '../../app/use-idp.ts'
import { Button } from '../../ui/button.tsx'
import { Dateline } from '../../ui/dateline.tsx'
import { Instead, Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { toast } from '../../ui/toast.tsx'
import type { KnownDevice } from '../answers.ts'
import { ConfirmDialog } from '../confirm-dialog.tsx'
import { focusSection } from '../focus.ts'
import { dayOf, momentOf } from '../moment.ts'
import { Parts } from '../parts.tsx'
import { ProblemInstead } from '../problem-text.tsx'
import { useAccountTexts } from '../texts.ts'
import { inLocale, useAccountApi } from '../use-account.ts'

/** The browsers the person has signed in from before; a forgotten one is treated as new. */
export function DevicesSection({ loaded }: { loaded: Loaded<{ items: KnownDevice[] }> }): ReactNode {
  const t = useAccountTexts()
  const api = useAccountApi()
  const [asked, setAsked] = useState<KnownDevice>()
  const items = loaded.data?.items
  const forget = async (device: KnownDevice): Promise<void> => {
    await api.send('DELETE', `devices/${encodeURIComponent(device.id)}`)
    toast(t('me.devices.forgotten', { device: inLocale(device.device.name) }))
    await loaded.reload()
    setAsked(undefined)
    focusSection('devices')
  }
  return (
    <Section
      id="devices"
      title={t('me.devices')}
      count={items?.length}
      className="w4"
      dateline={<Dateline systems={['idp']} at={loaded.at} loading={!items && !loaded.problem} />}
      busy={!items && !loaded.problem}
    >
      {loaded.problem ? <ProblemInstead problem={loaded.problem} onAgain={() => void loaded.reload()} /> : null}
      {items ? (
        items.length === 0 ? (
          <Instead icon="eye" title={t('me.devices.none')}>
            {t('me.devices.none.hint')}
          </Instead>
        ) : (
          <>
            <ul className="rows">
              {items.map(one => (
                <DeviceRow key={one.id} device={one} onForget={() => setAsked(one)} />
              ))}
            </ul>
            <p className="note-line">{t('me.devices.what')}</p>
          </>
        )
      ) : loaded.problem ? null : (
        <Skeleton />
      )}
      {asked ? (
        <ConfirmDialog
          title={t('me.devices.forget.title', { device: inLocale(asked.device.name) })}
          question={t('me.devices.forget.ask')}
          action={t('me.devices.forget')}
          onConfirm={() => forget(asked)}
          onClose={() => setAsked(undefined)}
        />
      ) : null}
    </Section>
  )
}

function DeviceRow({ device, onForget }: { device: KnownDevice; onForget: () => void }): ReactNode {
  const t = useAccountTexts()
  const name = inLocale(device.device.name)
  const parts = [
    t('me.devices.first', { date: dayOf(device.firstSeenAt) }),
    t('me.devices.last', { time: momentOf(device.lastSeenAt) }),
    device.ip,
  ]
  return (
    <li className="entry-row">
      <div>
        <p>
          <b>{name}</b>
          {device.current ? <span className="badge go">{t('me.devices.current')}</span> : null}
        </p>
        <Parts of={parts} />
        {device.trustedUntil ? (
          <p className="sub">{t('me.devices.trusted', { date: dayOf(device.trustedUntil) })}</p>
        ) : null}
      </div>
      <Button small look="bare" onClick={onForget} aria-label={t('me.devices.forget.of', { device: name })}>
        {t('me.devices.forget')}
      </Button>
    </li>
  )
}
