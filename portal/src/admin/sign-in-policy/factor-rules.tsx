import type { ReactNode } from 'react'
import { IconButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Section } from '../../ui/section.tsx'
import type { Named } from '../answers.ts'
import { inLocale } from '../use-admin.ts'
import { type Kind, kinds } from './answers.ts'
import { type Editing, NumberRule, RuleRow } from './rule-row.tsx'
import { policyTexts } from './texts.ts'

export type BusinessRole = Named & { members: number }

/** Which factors people may have, who must have one, and how often it is asked. */
export function FactorRules({ editing, roles }: { editing: Editing; roles: BusinessRole[] }): ReactNode {
  const t = policyTexts.useTexts()
  const { offered } = editing.policy.secondFactor
  return (
    <Section title={t('policy.factor')} dateline={<span className="dateline">{t('policy.atOnce')}</span>}>
      <RuleRow rule="secondFactor.offered" editing={editing} group>
        {() => <Kinds chosen={offered} onChange={next => editing.set('secondFactor.offered', next)} />}
      </RuleRow>
      <RuleRow rule="secondFactor.roles" editing={editing} group>
        {() => <BoundRoles editing={editing} roles={roles} />}
      </RuleRow>
      <NumberRule rule="secondFactor.askAgainDays" unit="days" editing={editing} />
    </Section>
  )
}

function Kinds({ chosen, onChange }: { chosen: Kind[]; onChange: (next: Kind[]) => void }): ReactNode {
  const t = policyTexts.useTexts()
  return (
    <span className="kinds">
      {kinds.map(kind => (
        <label className="check" key={kind}>
          <input
            type="checkbox"
            checked={chosen.includes(kind)}
            onChange={event =>
              onChange(kinds.filter(one => (one === kind ? event.target.checked : chosen.includes(one))))
            }
          />
          {t(`policy.kind.${kind}`)}
        </label>
      ))}
    </span>
  )
}

function BoundRoles({ editing, roles }: { editing: Editing; roles: BusinessRole[] }): ReactNode {
  const t = policyTexts.useTexts()
  const bound = editing.policy.secondFactor.roles
  const set = (next: typeof bound): void => editing.set('secondFactor.roles', next)
  const nameOf = (id: string): string => {
    const found = roles.find(role => role.id === id)
    return found ? inLocale(found.name) : id
  }
  const free = roles.filter(role => !bound.some(one => one.role === role.id))
  return (
    <>
      {bound.length === 0 && <p className="small dimmer">{t('policy.secondFactor.roles.none')}</p>}
      <ul className="boundroles">
        {bound.map(({ role, kinds: chosen }) => (
          <li key={role}>
            <span>
              <b>{nameOf(role)}</b>{' '}
              <span className="dimmer small">
                {t('policy.secondFactor.roles.people', { n: roles.find(one => one.id === role)?.members ?? 0 })}
              </span>
            </span>
            <IconButton
              icon="x"
              small
              label={t('policy.secondFactor.roles.remove', { role: nameOf(role) })}
              onClick={() => set(bound.filter(one => one.role !== role))}
            />
            <fieldset>
              <legend className="sr">{t('policy.secondFactor.roles.oneOf', { role: nameOf(role) })}</legend>
              <Kinds
                chosen={chosen}
                onChange={next =>
                  next.length > 0 && set(bound.map(one => (one.role === role ? { role, kinds: next } : one)))
                }
              />
            </fieldset>
          </li>
        ))}
      </ul>
      {free.length > 0 && (
        <span className="pick">
          <select
            className="select"
            aria-label={t('policy.secondFactor.roles.add')}
            value=""
            onChange={event =>
              event.target.value &&
              set([...bound, { role: event.target.value, kinds: [...editing.policy.secondFactor.offered] }])
            }
          >
            <option value="">{t('policy.secondFactor.roles.add')}</option>
            {free.map(role => (
              <option key={role.id} value={role.id}>
                {inLocale(role.name)}
              </option>
            ))}
          </select>
          <Icon name="down" small />
        </span>
      )}
    </>
  )
}
