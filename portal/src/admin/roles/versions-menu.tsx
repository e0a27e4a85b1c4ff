import { Button } from 'react-aria-components/Button'
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog'
import { Popover } from 'react-aria-components/Popover'
import { Icon } from '../../ui/icon.tsx'
import { actorName } from '../actor-name.ts'
import type { Version } from '../answers.ts'
import { Confirm } from '../confirm.tsx'
import { shortMoment } from '../moment.ts'
import { useAdminTexts } from '../texts.ts'
import { useAdmin } from '../use-admin.ts'

/** The published versions, each with a way back to it. */
export function VersionsMenu({
  live,
  onRollBack,
}: {
  live: number | undefined
  onRollBack: (version: number) => Promise<void>
}) {
  const t = useAdminTexts()
  return (
    <DialogTrigger>
      <Button className="btn s bare">
        <Icon name="history" />
        {t('roles.versions')}
      </Button>
      <Popover className="celledit" placement="bottom end">
        <Dialog aria-label={t('roles.versions')}>
          <VersionList live={live} onRollBack={onRollBack} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}

function VersionList({
  live,
  onRollBack,
}: {
  live: number | undefined
  onRollBack: (version: number) => Promise<void>
}) {
  const t = useAdminTexts()
  const versions = useAdmin<{ items: Version[] }>('roles/versions')
  return (
    <ul className="rows versions">
      {(versions.data?.items ?? []).map(version => (
        <li key={version.version}>
          <div className="row2">
            <span className="strong">
              v{version.version}{' '}
              <span className="dimmer small">
                {version.version === live
                  ? t('roles.version.live')
                  : version.restores
                    ? t('roles.version.restores', { n: version.restores })
                    : ''}
              </span>
            </span>
            <span className="num small dimmer">{shortMoment(version.at)}</span>
            <span className="sub cut">
              {actorName(version.by, t)}
              {version.comment &&
                ` · ${version.comment === 'imported' ? t('roles.version.imported') : version.comment}`}
            </span>
            {version.version !== live && (
              <Confirm
                button={<Button className="btn s bare">{t('roles.rollBack', { version: version.version })}</Button>}
                title={t('roles.rollBack', { version: version.version })}
                question={t('roles.rollBack.ask', { version: version.version })}
                action={t('roles.rollBack.confirm')}
                onConfirm={() => onRollBack(version.version)}
              />
            )}
          </div>
        </li>
      ))}
    </ul>
  )
}
