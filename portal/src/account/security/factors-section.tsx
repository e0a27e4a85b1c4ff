import type { ReactNode } from 'react'
import type { Loaded } from '../../app/use-idp.ts'
import { Button } from '../../ui/button.tsx'
import { Dateline } from '../../ui/dateline.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Instead, Notice, Skeleton } from '../../ui/instead.tsx'
import { Menu } from '../../ui/menu.tsx'
import { Section } from '../../ui/section.tsx'
import type { Account, Factor, Factors } from '../answers.ts'
import { eitherOf } from '../factor-words.ts'
import { dayOf, momentOf } from '../moment.ts'
import { Parts } from '../parts.tsx'
import { ProblemInstead } from '../problem-text.tsx'
import { useAccountTexts } from '../texts.ts'
import type { Doing } from './doing.ts'

type Props = { account: Account | undefined; loaded: Loaded<Factors>; onBegin: (doing: Doing) => void }

/** The second factors: what there are, and the way to more. */
export function FactorsSection({ account, loaded, onBegin }: Props): ReactNode {
  const t = useAccountTexts()
  const items = loaded.data?.items
  const met = items?.some(factor => account?.required.includes(factor.kind))
  const required = account && items && account.required.length > 0
  return (
    <Section
      id="factors"
      title={t('me.factors')}
      count={items && items.length > 0 ? items.length : undefined}
      className="w8"
      dateline={<Dateline systems={['idp']} at={loaded.at} loading={!items && !loaded.problem} />}
      busy={!items && !loaded.problem}
    >
      {required && !met ? (
        <Notice icon="shield">{t('me.factors.required', { kinds: eitherOf(t, account.required) })}</Notice>
      ) : null}
      {loaded.problem ? <ProblemInstead problem={loaded.problem} onAgain={() => void loaded.reload()} /> : null}
      {!items ? (
        loaded.problem ? null : (
          <Skeleton />
        )
      ) : items.length === 0 ? (
        <Instead icon="shield" title={t('me.factors.none')}>
          {t('me.factors.none.hint')}
        </Instead>
      ) : (
        <ul className="rows">
          {items.map(factor => (
            <FactorRow key={factor.id} factor={factor} onBegin={onBegin} />
          ))}
        </ul>
      )}
      {account && items ? (
        <div className="bar padt">
          {account.offered.map((kind, index) => (
            <Button
              key={kind}
              icon="plus"
              look={items.length === 0 && index === 0 ? 'main' : 'plain'}
              onClick={() => onBegin({ what: kind })}
            >
              {t(`me.${kind}.add`)}
            </Button>
          ))}
        </div>
      ) : null}
      {required && met ? (
        <p className="note-line">{t('me.factors.required.met', { kinds: eitherOf(t, account.required) })}</p>
      ) : null}
    </Section>
  )
}

function FactorRow({ factor, onBegin }: { factor: Factor; onBegin: (doing: Doing) => void }): ReactNode {
  const t = useAccountTexts()
  const { id, kind, name, createdAt, lastUsedAt } = factor
  const parts = [
    t(`me.${kind}`),
    t('me.factors.added', { date: dayOf(createdAt) }),
    lastUsedAt ? t('me.factors.used', { date: momentOf(lastUsedAt) }) : t('me.factors.unused'),
  ]
  return (
    <li className="entry-row iconed">
      <Icon name={kind === 'totp' ? 'clock' : 'key'} />
      <div>
        <p>
          <b>{name}</b>
        </p>
        <Parts of={parts} />
      </div>
      <Menu
        label={t('me.factors.more', { name })}
        groups={[
          {
            entries: [
              {
                id: 'rename',
                label: t('me.factors.rename'),
                icon: 'edit',
                perform: () => onBegin({ what: 'rename', factor: id, name }),
              },
              {
                id: 'remove',
                label: t('me.factors.remove'),
                icon: 'x',
                bad: true,
                perform: () => onBegin({ what: 'remove', factor: id, name }),
              },
            ],
          },
        ]}
      />
    </li>
  )
}
