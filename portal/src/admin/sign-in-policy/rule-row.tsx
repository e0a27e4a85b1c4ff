import { type ReactNode, useId } from 'react'
import { Icon } from '../../ui/icon.tsx'
import type { SignInPolicy } from './answers.ts'
import { limits, type Rule, ruleOf } from './changes.ts'
import { policyTexts } from './texts.ts'

/** The policy being edited, and the way to set one of its rules. */
export type Editing = {
  policy: SignInPolicy
  changed: ReadonlySet<Rule>
  /** what is wrong with a rule, in the reader's words */
  faultOf: (rule: Rule) => string | undefined
  set: (rule: Rule, value: unknown) => void
}

type Names = { title: string; says: string; fault: string }

/** One rule: its name, a sentence of what it does, and its control, which is tied to both. */
export function RuleRow({
  rule,
  editing,
  group,
  children,
}: {
  rule: Rule
  editing: Editing
  /** the control is several controls */
  group?: boolean
  children: (names: Names) => ReactNode
}): ReactNode {
  const t = policyTexts.useTexts()
  const id = useId()
  const names = { title: `${id}t`, says: `${id}s`, fault: `${id}f` }
  const fault = editing.faultOf(rule)
  const control = children(names)
  return (
    <div className={editing.changed.has(rule) ? 'rule changed' : 'rule'}>
      <div>
        <p className="rulename" id={names.title}>
          {t(`policy.${rule}`)}
        </p>
        <p className="small dim" id={names.says}>
          {t(`policy.${rule}.says`)}
        </p>
      </div>
      <div className="rulecontrol">
        {group ? (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot take its name from the column beside it
          <div role="group" aria-labelledby={names.title} aria-describedby={names.says}>
            {control}
          </div>
        ) : (
          control
        )}
        {fault && (
          <p className="fault" id={names.fault}>
            <Icon name="alert" small />
            {fault}
          </p>
        )}
      </div>
    </div>
  )
}

export function NumberRule({
  rule,
  unit,
  editing,
}: {
  rule: keyof typeof limits
  unit: 'characters' | 'days' | 'passwords'
  editing: Editing
}): ReactNode {
  const t = policyTexts.useTexts()
  const value = ruleOf(editing.policy, rule) as number
  const [least, most] = limits[rule]
  return (
    <RuleRow rule={rule} editing={editing}>
      {names => (
        <span className="withunit">
          <input
            className="input"
            type="number"
            inputMode="numeric"
            min={least}
            max={most}
            value={Number.isNaN(value) ? '' : value}
            aria-labelledby={names.title}
            aria-describedby={`${names.says} ${names.fault}`}
            aria-invalid={editing.faultOf(rule) ? true : undefined}
            onChange={event => editing.set(rule, event.target.value === '' ? Number.NaN : Number(event.target.value))}
          />
          <span className="dim">{t(`policy.unit.${unit}`)}</span>
        </span>
      )}
    </RuleRow>
  )
}

export function SwitchRule({ rule, editing }: { rule: Rule; editing: Editing }): ReactNode {
  const t = policyTexts.useTexts()
  const on = ruleOf(editing.policy, rule) === true
  return (
    <RuleRow rule={rule} editing={editing}>
      {names => (
        <label className="check switch">
          <input
            type="checkbox"
            role="switch"
            aria-checked={on}
            checked={on}
            aria-labelledby={names.title}
            aria-describedby={names.says}
            onChange={event => editing.set(rule, event.target.checked)}
          />
          <span className="dim" aria-hidden="true">
            {t(on ? 'policy.on' : 'policy.off')}
          </span>
        </label>
      )}
    </RuleRow>
  )
}
