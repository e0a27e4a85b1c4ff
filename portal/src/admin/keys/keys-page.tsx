import type { ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { toast } from '../../ui/toast.tsx'
import { useNow } from '../../ui/use-now.ts'
import { AdminTabs } from '../admin-tabs.tsx'
import { Confirm } from '../confirm.tsx'
import { longDay, shortMoment } from '../moment.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { useAdmin, useAdminApi, useChange } from '../use-admin.ts'
import type { Keys, Replica, SigningKey } from './answers.ts'
import { KeyLife, LifeLegend } from './key-life.tsx'
import { spanOf } from './life.ts'
import { RevokeKey } from './revoke-key.tsx'
import { keysTexts } from './texts.ts'

export const texts = keysTexts

/** Which keys sign and verify, how long each lives, which instances hold them, and a new one now. */
export function Page(): ReactNode {
  const t = keysTexts.useTexts()
  const api = useAdminApi()
  const keys = useAdmin<Keys>('keys', 15)
  const change = useChange()
  const rotate = async (): Promise<void> => {
    if (await change.run(() => api.send('POST', 'keys/rotate', {}))) toast(t('keys.rotated'))
    await keys.reload()
  }
  const problem = change.problem ?? keys.problem
  return (
    <main className="page p-keys" id="main">
      <AdminTabs />
      <header className="boardhead">
        <div>
          <p className="micro dimmer">{t('keys.kicker')}</p>
          <h1 className="lede">{keys.data ? <Sentence keys={keys.data} /> : t('keys.title')}</h1>
        </div>
        {keys.data?.items.some(key => key.state === 'next') && <span className="state half">{t('keys.underWay')}</span>}
        {keys.data?.items.every(key => key.state !== 'next') && (
          <Confirm
            button={
              <Button className="btn" isDisabled={change.busy}>
                <Icon name="refresh" />
                {t('keys.rotate')}
              </Button>
            }
            title={t('keys.rotate')}
            question={t('keys.rotate.ask')}
            action={t('keys.rotate')}
            look="main"
            onConfirm={rotate}
          />
        )}
      </header>
      {problem && <ProblemBlock problem={problem} onAgain={() => void keys.reload()} />}
      {keys.data ? (
        <Content keys={keys.data} change={change} reload={keys.reload} />
      ) : (
        !problem && <Skeleton lines={4} />
      )}
    </main>
  )
}

function Sentence({ keys }: { keys: Keys }): ReactNode {
  const t = keysTexts.useTexts()
  const current = keys.items.find(key => key.state === 'current')
  if (!current) return t('keys.lede.none')
  if (keys.nextRotationAt && keys.items.some(key => key.state === 'next'))
    return t('keys.lede.underWay', { time: shortMoment(keys.nextRotationAt) })
  if (keys.nextRotationAt) return t('keys.lede.planned', { date: longDay(keys.nextRotationAt) })
  return t('keys.lede.manual', { date: longDay(current.activeFrom ?? current.createdAt) })
}

function Content({
  keys,
  change,
  reload,
}: {
  keys: Keys
  change: ReturnType<typeof useChange>
  reload: () => Promise<void>
}): ReactNode {
  const t = keysTexts.useTexts()
  const now = useNow(60_000)
  const span = spanOf(keys.items, now)
  return (
    <>
      <Section
        title={t('keys.title')}
        count={keys.items.filter(isPublished).length}
        dateline={
          <span className="dateline">
            {keys.rotateEveryDays > 0 ? t('keys.every', { days: keys.rotateEveryDays }) : t('keys.never')}
          </span>
        }
      >
        <div className="scroll">
          <table className="table stacks signingkeys">
            <thead>
              <tr>
                <th scope="col">{t('keys.key')}</th>
                <th scope="col">{t('keys.state')}</th>
                <th scope="col">{t('keys.created')}</th>
                <th scope="col">{t('keys.active')}</th>
                <th scope="col">{t('keys.retired')}</th>
                <th scope="col">{t('keys.verifies')}</th>
                <th scope="col">{t('keys.life')}</th>
                <th scope="col">
                  <span className="sr">{t('keys.revoke')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {keys.items.map(key => (
                <tr key={key.kid}>
                  <td className="head">
                    <b className="code">{key.kid}</b> <span className="dimmer">{key.alg}</span>
                  </td>
                  <td>
                    <span
                      className={`state${{ current: '', next: ' half', retired: ' off', revoked: ' bad' }[key.state]}`}
                    >
                      {t(`keys.state.${key.state}`)}
                    </span>
                  </td>
                  <Moment label={t('keys.created')} at={key.createdAt} />
                  <Moment label={t('keys.active')} at={key.activeFrom} />
                  <Moment label={t('keys.retired')} at={key.retiredAt} />
                  <Moment
                    label={t('keys.verifies')}
                    at={key.verifiesUntil}
                    otherwise={key.state === 'current' ? t('keys.whileUsed') : undefined}
                  />
                  <td>
                    <KeyLife of={key} span={span} now={now} />
                  </td>
                  <td className="act">
                    {key.state !== 'revoked' && <RevokeKey of={key} change={change} onDone={reload} />}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <LifeLegend />
      </Section>
      <Section
        title={t('keys.replicas')}
        count={keys.replicas.length}
        dateline={<span className="dateline">{t('keys.replicas.note')}</span>}
        className="under"
      >
        {keys.replicas.length === 0 ? (
          <p className="small dimmer">{t('keys.replicas.none')}</p>
        ) : (
          <ul className="rows">
            {keys.replicas.map(replica => (
              <ReplicaRow key={replica.id} replica={replica} keys={keys.items} />
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}

function Moment({
  label,
  at,
  otherwise,
}: {
  label: string
  at: string | null
  otherwise?: string | undefined
}): ReactNode {
  return (
    <td className="nowrap" data-label={label}>
      {at ? <time dateTime={at}>{shortMoment(at)}</time> : <span className="dimmer">{otherwise ?? '—'}</span>}
    </td>
  )
}

function ReplicaRow({ replica, keys }: { replica: Replica; keys: SigningKey[] }): ReactNode {
  const t = keysTexts.useTexts()
  const lacking = keys.filter(key => isPublished(key) && !replica.kids.includes(key.kid))
  const revoked = keys.filter(key => !isPublished(key) && replica.kids.includes(key.kid))
  return (
    <li className="row2">
      <span className="code">{replica.id}</span>
      <span className="num small dimmer">{t('keys.replica.seen', { time: shortMoment(replica.seenAt) })}</span>
      <span className={lacking.length + revoked.length > 0 ? 'sub warn' : 'sub'}>
        {revoked.length > 0
          ? t('keys.replica.revoked', { kids: kidsOf(revoked) })
          : lacking.length > 0
            ? t('keys.replica.lacks', { kids: kidsOf(lacking) })
            : t('keys.replica.whole', { n: keys.filter(isPublished).length })}
      </span>
    </li>
  )
}

function isPublished({ state }: SigningKey): boolean {
  return state !== 'revoked'
}

function kidsOf(keys: SigningKey[]): string {
  return keys.map(key => key.kid).join(', ')
}
