import type { ReactNode } from 'react'
import type { Loaded } from '../../app/use-idp.ts'
import { Button } from '../../ui/button.tsx'
import { Dateline } from '../../ui/dateline.tsx'
import { Instead, Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import type { Factors } from '../answers.ts'
import { dayOf } from '../moment.ts'
import { useAccountTexts } from '../texts.ts'
import type { Doing } from './doing.ts'

type Props = { loaded: Loaded<Factors>; onBegin: (doing: Doing) => void }

/** How many recovery codes are left, and the way to new ones. */
export function CodesSection({ loaded, onBegin }: Props): ReactNode {
  const t = useAccountTexts()
  const { data } = loaded
  // The section of the factors says what went wrong: both come by one answer.
  if (!data && loaded.problem) return null
  return (
    <Section
      id="codes"
      title={t('me.codes')}
      dateline={<Dateline systems={['idp']} at={loaded.at} loading={!data} />}
      busy={!data}
    >
      {!data ? (
        <Skeleton lines={2} />
      ) : data.items.length === 0 ? (
        <Instead icon="file" title={t('me.codes.none')}>
          {t('me.codes.what')}
        </Instead>
      ) : (
        <>
          <dl className="facts ruled">
            <dt>{t('me.codes.left')}</dt>
            <dd className={data.recoveryCodes.left === 0 ? 'bad' : ''}>
              {data.recoveryCodes.left === 0
                ? t('me.codes.left.zero')
                : t('me.codes.left.n', { n: data.recoveryCodes.left })}
            </dd>
            {data.recoveryCodes.madeAt ? (
              <>
                <dt>{t('me.codes.made')}</dt>
                <dd>{dayOf(data.recoveryCodes.madeAt)}</dd>
              </>
            ) : null}
          </dl>
          <p className="note-line">{t('me.codes.what')}</p>
          <div className="bar padt">
            <Button onClick={() => onBegin({ what: 'codes' })}>{t('me.codes.new')}</Button>
          </div>
        </>
      )}
    </Section>
  )
}
